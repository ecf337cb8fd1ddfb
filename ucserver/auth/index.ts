export { Authenticator, type AuthenticatorOptions, type AuthUser, type AuthUsers, type SignedOut } from './authenticator.ts';
export { type AuthConfig, authConfigSchema } from './config.ts';
export { type Auth, type CreateAuthOptions, createAuth } from './create-auth.ts';
export { Passwords, type PasswordsOptions } from './passwords.ts';
export * from './permissions.ts';
export { authProcedures } from './procedures.ts';
export { foldSignIn } from './sign-in-name.ts';
export type { AccessToken } from './tokens.ts';
