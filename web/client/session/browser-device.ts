import type { DeviceFields } from '#web/api/index.ts';

interface BrandedNavigator extends Navigator {
  readonly userAgentData?: {
    readonly brands: readonly { readonly brand: string }[];
    readonly platform: string;
    readonly mobile: boolean;
  };
}

/** This browser as a person recognises it in the list of their devices, for example "Firefox on Linux". */
export function browserDevice(): Omit<DeviceFields, 'id'> {
  const { userAgent, userAgentData } = navigator as BrandedNavigator;
  const mobile = userAgentData?.mobile ?? /Mobi|Android/.test(userAgent);
  return { kind: mobile ? 'mobile' : 'browser', name: `${browserName(userAgent)} on ${platformName(userAgent)}` };
}

/** Order matters: most browsers name others as well. */
function browserName(agent: string): string {
  const names: readonly (readonly [RegExp, string])[] = [
    [/Edg\//, 'Edge'],
    [/OPR\//, 'Opera'],
    [/Firefox\/|FxiOS\//, 'Firefox'],
    [/Chrome\/|CriOS\//, 'Chrome'],
    [/Safari\//, 'Safari'],
  ];
  return names.find(([pattern]) => pattern.test(agent))?.[1] ?? 'Browser';
}

function platformName(agent: string): string {
  const names: readonly (readonly [RegExp, string])[] = [
    [/iPhone|iPad/, 'iOS'],
    [/Android/, 'Android'],
    [/Windows/, 'Windows'],
    [/Mac OS X/, 'macOS'],
    [/CrOS/, 'ChromeOS'],
    [/Linux/, 'Linux'],
  ];
  return names.find(([pattern]) => pattern.test(agent))?.[1] ?? 'an unknown system';
}
