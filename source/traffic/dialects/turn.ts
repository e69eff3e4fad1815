import type { JsonObject, JsonValue } from '../../text/json.ts';
import type { Dialect } from './dialect.ts';

/** Where the bytes of an image, a document or a sound are. */
export type MediaSource =
  | { readonly kind: 'base64'; readonly mediaType: string; readonly data: string }
  /** The media type is null where the dialect does not name it. */
  | { readonly kind: 'url'; readonly url: string; readonly mediaType: string | null }
  /** Plain text in place of a file. */
  | { readonly kind: 'text'; readonly text: string }
  /** A file that was uploaded to the provider and is known by its id alone. */
  | { readonly kind: 'uploaded'; readonly id: string; readonly mediaType: string | null };

export type TextPart = { readonly kind: 'text'; readonly text: string };

/** An image, a document, a sound or a video. */
export type MediaPart = {
  readonly kind: 'image' | 'document' | 'audio' | 'video';
  readonly source: MediaSource;
  /** The name of the file; null if it has none. */
  readonly name: string | null;
  /** `low`, `high`, …: how closely an image is looked at; null where nothing is said. */
  readonly detail: string | null;
};

/** A call of a tool. `arguments` is the text that the model wrote: JSON, but for a tool that takes text. */
export type CallPart = {
  readonly kind: 'call';
  /** Null where the dialect joins results to calls by name and order. */
  readonly id: string | null;
  readonly name: string;
  readonly arguments: string;
  readonly takes: 'json' | 'text';
  /** What the provider signed the call with: opaque, of use to the same model only. */
  readonly signature: string | null;
};

/** What a tool gave back. */
export type ResultPart = {
  readonly kind: 'result';
  readonly id: string | null;
  /** The name of the tool; null where the dialect joins by id. */
  readonly name: string | null;
  readonly content: readonly (TextPart | MediaPart)[];
  readonly isError: boolean;
  readonly takes: 'json' | 'text';
};

/** What a model thought. Its form is its dialect's own, and only the model that wrote it can use it. */
export type ReasoningPart = {
  readonly kind: 'reasoning';
  /** Byte for byte as it came: an item, a block, a part, or members of a message. */
  readonly raw: JsonValue;
  /** What of it can be read by people; empty if it is encrypted. */
  readonly text: string;
};

/** A part that only the dialect of the request has. */
export type ForeignPart = {
  readonly kind: 'foreign';
  readonly type: string;
  readonly raw: JsonValue;
};

export type TurnPart =
  | TextPart
  | MediaPart
  | CallPart
  | ResultPart
  | ReasoningPart
  | ForeignPart
  | { readonly kind: 'refusal'; readonly text: string };

/** One turn of a conversation. Results of tools are turns of their own, whoever's turn they came in. */
export type Turn = {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  /** The name of the participant; null in most requests. */
  readonly name: string | null;
  readonly parts: readonly TurnPart[];
};

/** A system prompt. `instructions` is one that stands outside of the messages. */
export type SystemPrompt = {
  readonly place: 'instructions' | 'system' | 'developer';
  readonly name: string | null;
  readonly parts: readonly TextPart[];
};

export type ToolDefinition =
  | {
      readonly kind: 'function';
      readonly name: string;
      readonly description: string | null;
      /** JSON Schema; null for a function without parameters. */
      readonly parameters: JsonObject | null;
      /** Whether the provider keeps arguments to the schema; null where nothing is said. */
      readonly strict: boolean | null;
    }
  /** A tool that takes text in place of JSON. */
  | {
      readonly kind: 'custom';
      readonly name: string;
      readonly description: string | null;
      readonly format: JsonValue;
    }
  /** A tool that the provider defined, and, where it is `hosted`, runs. */
  | { readonly kind: 'provider'; readonly type: string; readonly raw: JsonObject };

/** Which tools the model may or must call. */
export type ToolChoice =
  | { readonly kind: 'none' | 'auto' | 'required' }
  | { readonly kind: 'tool'; readonly name: string; readonly takes: 'json' | 'text' }
  | {
      readonly kind: 'allowed';
      readonly mode: 'auto' | 'required';
      readonly names: readonly string[];
    };

/** The form that the answer must have. */
export type OutputFormat =
  | { readonly kind: 'json' }
  | {
      readonly kind: 'schema';
      readonly name: string | null;
      readonly description: string | null;
      readonly schema: JsonObject;
      /** Null where nothing is said. */
      readonly strict: boolean | null;
    };

/** How much the model thinks. Each dialect says one or two of these. */
export type ReasoningSettings = {
  /** `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, `max`; null where nothing is said. */
  readonly effort: string | null;
  /** Tokens; 0 forbids thinking, -1 leaves it to the model; null where nothing is said. */
  readonly budget: number | null;
  /** `messages` only: `adaptive`, `between_tools`; null for the others. */
  readonly mode: string | null;
};

/** A request in no dialect's words. Whatever is null or empty was not asked. */
export type NeutralRequest = {
  /** The dialect in which it was asked. */
  readonly dialect: Dialect;
  readonly model: string | null;
  readonly system: readonly SystemPrompt[];
  readonly turns: readonly Turn[];
  readonly tools: readonly ToolDefinition[];
  readonly toolChoice: ToolChoice | null;
  readonly parallelToolCalls: boolean | null;
  readonly outputFormat: OutputFormat | null;
  readonly reasoning: ReasoningSettings | null;
  /** How many alternatives of each token were asked for beside its probability; null if none was. */
  readonly logprobs: number | null;
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly topK: number | null;
  readonly presencePenalty: number | null;
  readonly frequencyPenalty: number | null;
  readonly seed: number | null;
  readonly logitBias: JsonObject | null;
  readonly stop: readonly string[] | null;
  readonly choices: number | null;
  /** Tokens. */
  readonly outputLimit: number | null;
  readonly verbosity: string | null;
};

/** A part of a request that its reader has no place for. */
export type UnreadField = { readonly path: string; readonly value: JsonValue };

/** What the reader of a dialect makes of a body. */
export type ReadRequest = {
  readonly request: NeutralRequest;
  readonly unread: readonly UnreadField[];
  /** What lives on the provider's server, without which the request means something else. */
  readonly serverState: readonly string[];
  /** Tools that the provider runs, by the names of their types. */
  readonly hostedTools: readonly string[];
};
