// Loaded into the program (`NODE_OPTIONS=--import`): every name under .invalid is the loopback address
// as soon as there is a file names-are-known in the working directory, and not known before.
import dns, { type LookupAddress } from 'node:dns';
import { existsSync } from 'node:fs';

type Found = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family: number,
) => void;

const { lookup } = dns;

const lookUp = (host: string, options: dns.LookupAllOptions, found: Found): void => {
  if (!host.endsWith('.invalid') || !existsSync('names-are-known')) lookup(host, options, found);
  else if (options.all) found(null, [{ address: '127.0.0.1', family: 4 }], 4);
  else found(null, '127.0.0.1', 4);
};

Object.assign(dns, { lookup: lookUp });
