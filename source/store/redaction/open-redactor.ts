import { randomBytes } from 'node:crypto';
import type { RedactionSettings } from '../../configuration/settings.ts';
import { redactionSalt } from './salt.ts';
import type { Store } from '../open.ts';
import { loadRules } from '../../redaction/rules/load-rules.ts';
import { RuleRedactor, type Redactor } from '../../redaction/redactor.ts';

/** The redactor of what comes into a store: the rules that always hold and the configuration's. */
export const openRedactor = async (store: Store, settings: RedactionSettings): Promise<Redactor> =>
  new RuleRedactor({
    rules: await loadRules(settings.rules),
    salt: await redactionSalt(store, () => randomBytes(32).toString('hex')),
    ignore: settings.ignore,
  });
