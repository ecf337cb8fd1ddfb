export { type ContactMethodsOptions, registerContactMethods } from './methods.ts';
export { contactProcedures } from './repository.ts';
export { Contacts, type ContactsOptions } from './service.ts';
