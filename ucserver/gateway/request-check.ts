import { UCError } from '#shared/protocol/errors.ts';
import { type MethodName, methods, type Params } from '#shared/protocol/index.ts';
import { refusal } from '#shared/protocol/refusal.ts';

/** @throws UCError `UNKNOWN_METHOD`. */
export function methodNamed(name: string): MethodName {
  if (Object.hasOwn(methods, name)) return name as MethodName;
  throw new UCError('UNKNOWN_METHOD');
}

/**
 * Checks the parameters of a request strictly and fills in defaults.
 * @throws UCError `BAD_REQUEST` or `TOO_LARGE`, naming the field.
 */
export function checkParams<M extends MethodName>(method: M, params: unknown): Params<M> {
  const parsed = methods[method].params.safeParse(params ?? {});
  if (parsed.success) return parsed.data as Params<M>;
  throw refusal(parsed.error, 'params');
}
