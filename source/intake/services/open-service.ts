import { proxyText } from '../../models/call/outbound-proxy.ts';
import { unencryptedKey } from '../../models/keys.ts';
import { printableLine } from '../../text/printable.ts';
import { keepServicePosition, servicePosition } from '../../store/captures/service-imports.ts';
import type { Store } from '../../store/open.ts';
import { sha256 } from '../../traffic/hash.ts';
import type { TrafficInput } from '../inspect-files.ts';
import { langfuseService } from './langfuse-service.ts';
import { langsmithService } from './langsmith-service.ts';
import type { Service, TimeRange } from './service.ts';
import type { ServiceAccess } from './service-access.ts';
import { ServiceClient, type ServiceClientOptions } from './service-client.ts';
import { resumable, serviceTraffic } from './service-traffic.ts';

/** The services that an import can read, by the word of `--from`. */
const services = { langfuse: langfuseService, langsmith: langsmithService };

export type ServiceName = keyof typeof services;

/** A project of a service whose key is accepted. */
export type OpenService = {
  /** What can be imported of it, without a position: for a dry run, or to be read at once. */
  readonly input: () => TrafficInput;
  /** What can be imported of it into a store, which keeps the position. */
  readonly inputFor: (store: Store) => Promise<TrafficInput>;
};

/**
 * Finds the project of the key in the environment. `say` receives the sentences that name the host and the key
 * before the first call, and those about waits and about an import that goes on. Throws UserError for a key, a
 * host or a project that is missing or wrong.
 */
export const openService = async (
  name: ServiceName,
  range: TimeRange,
  options: Omit<ServiceClientOptions, 'onWait'> & {
    readonly environment: Readonly<Record<string, string | undefined>>;
    readonly say: (sentence: string) => void;
  },
): Promise<OpenService> => {
  const { environment, say } = options;
  const service = services[name];
  const access = service.access(environment);
  for (const sentence of keyNotices(access)) say(sentence);
  const client = new ServiceClient(service.title, access, { ...options, onWait: say });
  const project = await service.open(client, environment);
  const { host } = new URL(access.baseUrl);
  // Without a slash, which separates the folders of a file's name.
  const title = `${service.title} (${host}, ${printableLine(project.name).replaceAll('/', '-')})`;
  const source = sha256(JSON.stringify([name, access.baseUrl, project.id]));
  return {
    input: () => serviceTraffic(service, title, { project, range, keeper: null }),
    inputFor: async (store) => {
      const found = await servicePosition(store, source);
      const stopped = resumable(found, range);
      if (stopped !== null) say(goesOn(service, stopped));
      const keeper = {
        found,
        keep: (position: typeof found) => keepServicePosition(store, source, position),
      };
      return serviceTraffic(service, title, { project, range, keeper });
    },
  };
};

const goesOn = (
  { noun }: Service,
  {
    end,
    records,
    start,
  }: { readonly start: string; readonly end: string; readonly records: number },
): string =>
  `The import of the ${noun} from ${start} to ${end} stopped after ${records}. It goes on from there, after what came since.`;

const keyNotices = ({ baseUrl, keyVariables }: ServiceAccess): readonly string[] => {
  const url = new URL(baseUrl);
  const named = keyVariables.map((variable) => `${variable} to ${url.host}`);
  const proxy = proxyText(baseUrl);
  return [
    ...keyVariables.flatMap((variable) => unencryptedKey(variable, url) ?? []).slice(-1),
    ...(proxy === '' ? [] : [`Calls to ${url.host} go${proxy}.`]),
    `Keys are sent: ${named.join(', ')}.`,
  ];
};
