import {
  firstString,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
} from '../../text/json.ts';
import { printableLine } from '../../text/printable.ts';
import { UserError } from '../../text/user-error.ts';
import { langsmith } from '../../traffic/formats/langsmith.ts';
import { nextCursor, type Service, type ServicePage, type TimeRange } from './service.ts';
import { requireServiceKey, serviceUrl, setServiceVariable } from './service-access.ts';
import type { ServiceClient } from './service-client.ts';

const title = 'LangSmith';

/** Runs of a page: the most that version 1 of the API returns. */
const pageRuns = 100;

/** Everything that the reader of runs reads, in the words of version 1 of the API. */
const selectedFields = [
  'id',
  'name',
  'run_type',
  'start_time',
  'end_time',
  'first_token_time',
  'inputs',
  'outputs',
  'error',
  'extra',
  'status',
  'tags',
  'trace_id',
  'dotted_order',
  'prompt_tokens',
  'completion_tokens',
];

/** A cursor of version 2 of the API; those of version 1 stand by themselves. */
const secondVersion = 'v2 ';

/**
 * LangSmith's API (langchain-ai/langsmith-sdk, python/langsmith/client.py and _openapi_client/resources/runs):
 * `/api/v1/runs/query`, or `/api/v2/runs/query` where version 1 is gone. Runs belong to a project, whose id
 * is found by its name.
 */
export const langsmithService: Service = {
  title,
  noun: 'runs',
  format: langsmith,
  access: (environment) => {
    const { value, variable } = requireServiceKey(
      environment,
      ['LANGSMITH_API_KEY', 'LANGCHAIN_API_KEY'],
      { title, advice: ' (LangSmith: settings, API keys)' },
    );
    const url = serviceUrl(
      environment,
      ['LANGSMITH_ENDPOINT', 'LANGCHAIN_ENDPOINT'],
      'https://api.smith.langchain.com',
    );
    const workspace = setServiceVariable(environment, ['LANGSMITH_WORKSPACE_ID']);
    return {
      baseUrl: url.baseUrl.replace(/\/api(?:\/v\d+)?$/, ''),
      urlVariable: url.variable,
      keyVariables: [variable],
      secrets: [value],
      headers: {
        'x-api-key': value,
        ...(workspace === null ? {} : { 'x-tenant-id': workspace.value }),
      },
    };
  },
  open: async (client, environment) => {
    const set = setServiceVariable(environment, ['LANGSMITH_PROJECT', 'LANGCHAIN_PROJECT']);
    const name = set?.value ?? 'default';
    const query = new URLSearchParams({ name, limit: '1' });
    const found = await client.read(`/api/v1/sessions?${query}`);
    const id = firstString(objectsIn(found)[0]?.['id']);
    if (id === null) {
      throw new UserError(
        `LangSmith has no project ${JSON.stringify(printableLine(name))} for this key. Set LANGSMITH_PROJECT to the name of the project to read.`,
      );
    }
    return { id, name, page: (range, cursor) => readPage(client, id, range, cursor) };
  },
};

const readPage = async (
  client: ServiceClient,
  project: string,
  range: TimeRange,
  cursor: string | null,
): Promise<ServicePage> => {
  if (cursor?.startsWith(secondVersion) === true) {
    return await readSecond(client, project, range, cursor.slice(secondVersion.length));
  }
  const answer = await client.readIfPresent('/api/v1/runs/query', {
    session: [project],
    run_type: 'llm',
    start_time: range.start,
    order: 'desc',
    limit: pageRuns,
    select: selectedFields,
    ...(cursor === null ? {} : { cursor }),
  });
  if (answer === null) return await readSecond(client, project, range, null);
  const { runs, ...rest } = objectOrEmpty(answer);
  return pageOf(runs, { within: 'runs', rest }, () => nextCursor(title, rest['cursors'], 'next'));
};

const readSecond = async (
  client: ServiceClient,
  project: string,
  range: TimeRange,
  cursor: string | null,
): Promise<ServicePage> => {
  const answer = await client.read('/api/v2/runs/query', {
    project_ids: [project],
    run_type: 'LLM',
    min_start_time: range.start,
    max_start_time: range.end,
    page_size: pageRuns,
    selects: [...selectedFields, 'metadata', 'thread_id'].map((field) => field.toUpperCase()),
    ...(cursor === null ? {} : { cursor }),
  });
  const { items, ...rest } = objectOrEmpty(answer);
  return pageOf(items, { within: 'items', rest }, () => {
    const next = nextCursor(title, rest, 'next_cursor');
    return next === null ? null : secondVersion + next;
  });
};

/**
 * A page, of which `nextOf` tells what comes after it. Throws UserError for an answer that is no page: the host is
 * another program's.
 */
const pageOf = (
  found: JsonValue | undefined,
  around: { readonly within: string; readonly rest: JsonObject },
  nextOf: () => string | null,
): ServicePage => {
  if (!Array.isArray(found)) {
    throw new UserError(
      'The answer has no runs, so that this is not the API of LangSmith. Check LANGSMITH_ENDPOINT.',
    );
  }
  const records = objectsIn(found);
  return { records, around, next: records.length === 0 ? null : nextOf() };
};
