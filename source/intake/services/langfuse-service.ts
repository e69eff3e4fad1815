import {
  firstString,
  type JsonObject,
  type JsonValue,
  objectOrEmpty,
  objectsIn,
} from '../../text/json.ts';
import { UserError } from '../../text/user-error.ts';
import { langfuse } from '../../traffic/formats/langfuse/langfuse.ts';
import {
  nextCursor,
  type Service,
  type ServicePage,
  type TimeRange,
  unreadableNext,
} from './service.ts';
import { requireServiceKey, serviceUrl } from './service-access.ts';
import type { ServiceClient } from './service-client.ts';

const title = 'Langfuse';

const keyAdvice = ' (Langfuse: project settings, API keys)';

/** Rows of a page. Version 2 allows 1,000, and version 1 warns of large pages. */
const pageRows = 100;

/** Everything that the reader of observations reads. */
const fields = 'core,basic,time,io,metadata,model,usage,prompt,trace_context';

/** The metadata that the reader reads. Version 2 cuts other values off after 200 characters. */
const wholeMetadata = 'attributes,tools,response_format,metadata.response_format';

/** A cursor of version 1 is the number of a page. */
const numberedPage = /^page (\d+)$/;

/**
 * Langfuse's public API (langfuse/langfuse, fern/apis/server/definition/observations.yml and
 * legacy/observations-v1.yml): version 2, which Langfuse Cloud has, or version 1, which self-hosted servers
 * before version 4 have. The key is a pair, sent as HTTP Basic authentication.
 */
export const langfuseService: Service = {
  title,
  noun: 'observations',
  format: langfuse,
  access: (environment) => {
    const advice = { title, advice: keyAdvice };
    const user = requireServiceKey(environment, ['LANGFUSE_PUBLIC_KEY'], advice);
    const secret = requireServiceKey(environment, ['LANGFUSE_SECRET_KEY'], advice);
    const { baseUrl, variable } = serviceUrl(
      environment,
      ['LANGFUSE_HOST', 'LANGFUSE_BASE_URL', 'LANGFUSE_BASEURL'],
      'https://cloud.langfuse.com',
    );
    const basic = Buffer.from(`${user.value}:${secret.value}`).toString('base64');
    return {
      baseUrl: baseUrl.replace(/\/api\/public$/, ''),
      urlVariable: variable,
      keyVariables: [user.variable, secret.variable],
      secrets: [secret.value, basic],
      headers: { authorization: `Basic ${basic}` },
    };
  },
  open: async (client) => {
    const [project] = objectsIn(objectOrEmpty(await client.read('/api/public/projects'))['data']);
    const id = firstString(project?.['id']);
    if (id === null) {
      throw new UserError(
        'Langfuse names no project for this key. Use the key of a project in LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, not that of an organization.',
      );
    }
    return {
      id,
      name: firstString(project?.['name']) ?? id,
      page: (range, cursor) => readPage(client, range, cursor),
    };
  },
};

const readPage = async (
  client: ServiceClient,
  range: TimeRange,
  cursor: string | null,
): Promise<ServicePage> => {
  const number = numberedPage.exec(cursor ?? '')?.[1];
  if (number !== undefined) return await readNumbered(client, range, Number(number));
  const query = new URLSearchParams({
    fields,
    expandMetadata: wholeMetadata,
    limit: String(pageRows),
    ...filters(range),
    ...(cursor === null ? {} : { cursor }),
  });
  const answer = await client.readIfPresent(`/api/public/v2/observations?${query}`);
  if (answer === null) return await readNumbered(client, range, 1);
  return pageOf(answer, ({ meta }) => nextCursor(title, meta, 'cursor'));
};

const readNumbered = async (
  client: ServiceClient,
  range: TimeRange,
  page: number,
): Promise<ServicePage> => {
  const query = new URLSearchParams({
    page: String(page),
    limit: String(pageRows),
    ...filters(range),
  });
  const answer = await client.read(`/api/public/observations?${query}`);
  return pageOf(answer, ({ meta }) => {
    const pages = Number(objectOrEmpty(meta)['totalPages'] ?? Number.NaN);
    if (!Number.isSafeInteger(pages)) throw unreadableNext(title);
    return page < pages ? `page ${page + 1}` : null;
  });
};

const filters = ({ end, start }: TimeRange) => ({
  type: 'GENERATION',
  fromStartTime: start,
  toStartTime: end,
});

/**
 * A page, of which `nextOf` tells what comes after it. Throws UserError for an answer that is no page: the host is
 * another program's.
 */
const pageOf = (answer: JsonValue, nextOf: (rest: JsonObject) => string | null): ServicePage => {
  const { data, ...rest } = objectOrEmpty(answer);
  if (!Array.isArray(data)) {
    throw new UserError(
      'The answer has no observations, so that this is not the API of Langfuse. Check LANGFUSE_HOST.',
    );
  }
  const records = objectsIn(data);
  const next = records.length === 0 ? null : nextOf(rest);
  return { records, around: { within: 'data', rest }, next };
};
