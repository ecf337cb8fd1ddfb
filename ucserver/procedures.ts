import { authProcedures } from './auth/index.ts';
import { chatProcedures, draftProcedures, retentionProcedures, searchProcedures } from './chat/index.ts';
import { contactProcedures } from './contacts/index.ts';
import type { ProcedureSet } from './database/index.ts';
import { dialPlanProcedures } from './dial-plan/index.ts';
import { directoryProcedures } from './directory/index.ts';
import { fileProcedures } from './files/index.ts';
import { journalProcedures } from './journal/index.ts';
import { licensingProcedures } from './licensing/index.ts';
import { permissionProcedures } from './permissions/index.ts';
import { phoneBookProcedures } from './phone-book/index.ts';
import { presenceProcedures } from './presence/index.ts';
import { auditTrimProcedures, privacyProcedures } from './privacy/index.ts';
import { provisioningProcedures } from './provisioning/index.ts';
import { settingProcedures } from './settings/index.ts';
import { sipProcedures } from './sip/index.ts';
import { trunkProcedures } from './trunks/index.ts';

/** The transactions of all features, as the database has to know them. */
export const procedures: readonly ProcedureSet[] = [
  authProcedures,
  settingProcedures,
  directoryProcedures,
  permissionProcedures,
  licensingProcedures,
  contactProcedures,
  presenceProcedures,
  fileProcedures,
  chatProcedures,
  searchProcedures,
  draftProcedures,
  retentionProcedures,
  sipProcedures,
  provisioningProcedures,
  journalProcedures,
  phoneBookProcedures,
  dialPlanProcedures,
  trunkProcedures,
  privacyProcedures,
  auditTrimProcedures,
];
