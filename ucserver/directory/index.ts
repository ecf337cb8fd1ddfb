export type { Memberships } from './memberships.ts';
export { type DirectoryMethodsOptions, registerDirectoryMethods } from './methods.ts';
export { type DirectoryNotifierOptions, tellCardChanges } from './notifier.ts';
export type { Picture, PictureType } from './picture.ts';
export { directoryProcedures } from './repository.ts';
export { fold } from './search-text.ts';
export { type Author, Directory, type DirectoryOptions, type NewUserRequest } from './service.ts';
export { foldSignIn, type Group, toCard, type User } from './user.ts';
export { type NewUser, newUserSchema, type UserPatch, userPatchSchema } from './user-fields.ts';
