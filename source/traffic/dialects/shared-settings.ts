import { isJsonObject, type JsonObject, type JsonValue } from '../../text/json.ts';
import type { AdaptationLog } from './adaptation.ts';
import type { BodyFields } from './body-fields.ts';
import { type Dialect, dialectTitles } from './dialect.ts';
import type { NeutralRequest } from './turn.ts';

/** The settings that are one value in every dialect that has them. */
export type Setting =
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'presencePenalty'
  | 'frequencyPenalty'
  | 'seed'
  | 'logitBias'
  | 'stop'
  | 'choices'
  | 'outputLimit'
  | 'verbosity';

type SettingEntry = {
  /** The path of the setting in each dialect; null where it has none. */
  readonly names: Readonly<Record<Dialect, string | null>>;
  /** Values that ask for what happens anyway. */
  readonly defaults: readonly JsonValue[];
};

const settings: Readonly<Record<Setting, SettingEntry>> = {
  temperature: {
    names: {
      chat: 'temperature',
      responses: 'temperature',
      messages: 'temperature',
      gemini: 'generationConfig.temperature',
    },
    defaults: [],
  },
  topP: {
    names: {
      chat: 'top_p',
      responses: 'top_p',
      messages: 'top_p',
      gemini: 'generationConfig.topP',
    },
    defaults: [],
  },
  topK: {
    // OpenAI has none, but servers of open models read it in a chat completion.
    names: {
      chat: 'top_k',
      responses: null,
      messages: 'top_k',
      gemini: 'generationConfig.topK',
    },
    defaults: [],
  },
  presencePenalty: {
    names: {
      chat: 'presence_penalty',
      responses: null,
      messages: null,
      gemini: 'generationConfig.presencePenalty',
    },
    defaults: [0],
  },
  frequencyPenalty: {
    names: {
      chat: 'frequency_penalty',
      responses: null,
      messages: null,
      gemini: 'generationConfig.frequencyPenalty',
    },
    defaults: [0],
  },
  seed: {
    names: { chat: 'seed', responses: null, messages: null, gemini: 'generationConfig.seed' },
    defaults: [],
  },
  logitBias: {
    names: { chat: 'logit_bias', responses: null, messages: null, gemini: null },
    defaults: [{}],
  },
  stop: {
    names: {
      chat: 'stop',
      responses: null,
      messages: 'stop_sequences',
      gemini: 'generationConfig.stopSequences',
    },
    defaults: [[]],
  },
  choices: {
    names: {
      chat: 'n',
      responses: null,
      messages: null,
      gemini: 'generationConfig.candidateCount',
    },
    defaults: [1],
  },
  outputLimit: {
    names: {
      chat: 'max_completion_tokens',
      responses: 'max_output_tokens',
      messages: 'max_tokens',
      gemini: 'generationConfig.maxOutputTokens',
    },
    defaults: [],
  },
  verbosity: {
    names: { chat: 'verbosity', responses: 'text.verbosity', messages: null, gemini: null },
    defaults: ['medium'],
  },
};

const isSetting = (name: string): name is Setting => Object.hasOwn(settings, name);

const settingNames = Object.keys(settings).filter(isSetting);

/** The path of a setting in a dialect; null if the dialect does not have it. */
export const settingPath = (setting: Setting, dialect: Dialect): string | null =>
  settings[setting].names[dialect];

/** Reads the settings that stand at the top of a body, or, for Gemini, in its generation config. */
export const readSettings = (
  dialect: Dialect,
  fields: BodyFields,
): Pick<NeutralRequest, Setting> => {
  const own = (setting: Setting): string | null => {
    const path = settingPath(setting, dialect);
    return path === null || path.startsWith('text.') ? null : path.replace('generationConfig.', '');
  };
  const number = (setting: Setting): number | null => {
    const name = own(setting);
    return name === null ? null : fields.number(name);
  };
  const stop = own('stop');
  const logitBias = own('logitBias');
  const verbosity = own('verbosity');
  return {
    temperature: number('temperature'),
    topP: number('topP'),
    topK: number('topK'),
    presencePenalty: number('presencePenalty'),
    frequencyPenalty: number('frequencyPenalty'),
    seed: number('seed'),
    logitBias: logitBias === null ? null : fields.object(logitBias),
    stop: stop === null ? null : fields.strings(stop),
    choices: number('choices'),
    outputLimit: number('outputLimit'),
    verbosity: verbosity === null ? null : fields.string(verbosity),
  };
};

/**
 * Writes the settings into the body of a dialect, nested where it nests them, and logs those that have another
 * name or no place there.
 */
export const writeSettings = (
  request: NeutralRequest,
  dialect: Dialect,
  log: AdaptationLog,
): JsonObject => {
  let body: JsonObject = {};
  for (const setting of settingNames) {
    const value = request[setting];
    if (value === null) continue;
    const before = settingPath(setting, request.dialect) ?? setting;
    const after = settingPath(setting, dialect);
    if (after === null || (setting === 'topK' && dialect === 'chat' && before !== 'top_k')) {
      const isDefault = settings[setting].defaults.some((one) => isSame(one, value));
      log.dropped(
        before,
        value,
        isDefault ? 'it is the default' : `${dialectTitles[dialect]} has no such setting`,
        isDefault ? 'harmless' : 'lossy',
      );
      continue;
    }
    log.renamed(before, after, `its name in ${dialectTitles[dialect]}`);
    body = withValue(body, after.split('.'), value);
  }
  return body;
};

const isSame = (one: JsonValue, other: JsonValue): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

const withValue = (
  body: JsonObject,
  [name = '', ...rest]: readonly string[],
  value: JsonValue,
): JsonObject => {
  if (rest.length === 0) return { ...body, [name]: value };
  const inner = body[name];
  return { ...body, [name]: withValue(isJsonObject(inner) ? inner : {}, rest, value) };
};
