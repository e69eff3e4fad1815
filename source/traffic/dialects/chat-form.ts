import type { JsonObject } from '../../text/json.ts';
import type { Dialect } from './dialect.ts';

export const chatForm = (_dialect: Dialect, body: JsonObject): JsonObject => body;
