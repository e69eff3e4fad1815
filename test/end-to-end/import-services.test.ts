import { writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openScene, type Scene } from '../helpers/scene.ts';
import {
  generation,
  langfuseKeys,
  langsmithKey,
  llmRun,
  sendJson,
  startLangfuse,
  startLangSmith,
  type TraceService,
} from '../helpers/trace-service.ts';

let scene: Scene;
const services: TraceService[] = [];

beforeEach(async () => {
  scene = await openScene();
});

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.close()));
  await scene.close();
});

const opened = async (starting: Promise<TraceService>): Promise<TraceService> => {
  const service = await starting;
  services.push(service);
  return service;
};

const langfuseAt = (url: string) => ({
  LANGFUSE_PUBLIC_KEY: langfuseKeys.publicKey,
  LANGFUSE_SECRET_KEY: langfuseKeys.secretKey,
  LANGFUSE_HOST: url,
});

const langsmithAt = (url: string) => ({
  LANGSMITH_API_KEY: langsmithKey,
  LANGSMITH_ENDPOINT: url,
  LANGSMITH_PROJECT: 'support',
});

/** A time so many minutes ago. */
const ago = (minutes: number): string => new Date(Date.now() - minutes * 60_000).toISOString();

const fiveGenerations = (): ReturnType<typeof generation>[] =>
  [1, 2, 3, 4, 5].map((number) => generation(number, ago(number)));

const captures = (db?: string) =>
  scene.rows(
    'select c.id, c.endpoint, c.timestamp, b.text as request, r.total_ms, a.text as answer from capture c join body b on b.number = c.request_body left join recorded_response r on r.capture_number = c.number left join body a on a.number = r.response_body order by c.id',
    db,
  );

const pagesAsked = ({ calls }: TraceService): number =>
  calls.filter(({ path }) => /observations|runs/.test(path)).length;

describe('import --from langfuse', () => {
  for (const version of [1, 2] as const) {
    it(`reads the same as an export, over version ${version} of the API`, async () => {
      const rows = [
        ...fiveGenerations(),
        generation(6, ago(6), { type: 'SPAN' }),
        generation(7, ago(60 * 24 * 30)),
        generation(8, ago(7), { input: null }),
      ];
      const service = await opened(startLangfuse(rows, { version }));
      const { code, stdout, stderr } = await scene.run(
        ['import', '--from', 'langfuse', '--since', '7d'],
        langfuseAt(service.url),
      );
      expect(stderr).toContain(
        `Keys are sent: LANGFUSE_PUBLIC_KEY to ${new URL(service.url).host}, LANGFUSE_SECRET_KEY to ${new URL(service.url).host}.\n`,
      );
      expect(code).toBe(0);
      expect(stdout).toContain('imported 6 = 5 replayable + 1 not replayable');
      expect(stdout).toContain('prompt not stored (Langfuse: the application sends no input)');
      const inRange = rows.filter(({ id }) => id !== 'observation-7');
      await writeFile(scene.path('export.json'), JSON.stringify(inRange));
      await scene.run(['import', 'export.json', '--db', 'export.db']);
      expect(captures()).toEqual(captures('export.db'));
      expect(captures()).toHaveLength(5);
      const again = await scene.run(
        ['import', '--from', 'langfuse', '--json'],
        langfuseAt(service.url),
      );
      expect(JSON.parse(again.stdout)).toMatchObject({ imported: 0, duplicates: 6 });
    });
  }

  it('waits as long as a rate limit asks, and repeats what breaks off', async () => {
    const service = await opened(startLangfuse(fiveGenerations()));
    const answers = new Map<string, number>();
    service.disturb = ({ path, query }, response) => {
      const page = `${path} ${query.get('cursor')}`;
      const tries = (answers.get(page) ?? 0) + 1;
      answers.set(page, tries);
      if (!path.includes('v2')) return false;
      if (tries === 1) {
        return sendJson(
          response,
          429,
          { message: 'Rate limit exceeded' },
          { 'retry-after-ms': '1100' },
        );
      }
      if (tries === 2 && query.has('cursor')) {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end('{"data": [{"id": "obs');
        return true;
      }
      return false;
    };
    const { code, stdout, stderr } = await scene.run(
      ['import', '--from', 'langfuse'],
      langfuseAt(service.url),
    );
    expect(stderr).toContain('limits the rate of calls (429). The import waits 1.1 s.\n');
    expect(stderr).toContain('answered with something that is not JSON. The import waits');
    expect(stdout).toContain('imported 5 = 5 replayable');
    expect(code).toBe(0);
  });

  it('ends where a page names itself as the next one', async () => {
    const service = await opened(startLangfuse([]));
    service.disturb = ({ path }, response) =>
      path.includes('v2') &&
      sendJson(response, 200, { data: [generation(1, ago(1))], meta: { cursor: 'b64:again' } });
    const { code, stderr } = await scene.run(
      ['import', '--from', 'langfuse'],
      langfuseAt(service.url),
    );
    expect(stderr).toContain(
      'The service names the same page as the next one again and again. The 2 observations before are kept',
    );
    expect([code, pagesAsked(service)]).toEqual([2, 2]);
  });

  it('that is killed goes on from the page that came next, and adds nothing twice', async () => {
    const rows = fiveGenerations();
    const service = await opened(startLangfuse(rows));
    const command = ['import', '--from', 'langfuse'];
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    service.disturb = ({ query }) => {
      if (query.get('cursor') !== 'b64:observation-4') return false;
      isAsked();
      return true;
    };
    const { child, ended } = scene.start(command, langfuseAt(service.url));
    await asked;
    child.kill('SIGKILL');
    await ended;
    expect(captures()).toHaveLength(4);
    service.disturb = () => false;
    const before = service.calls.length;
    rows.push(generation(9, ago(0)));
    const { code, stdout, stderr } = await scene.run(command, langfuseAt(service.url));
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /The import of the observations from \S+ to \S+ stopped after 4\. It goes on from there/,
    );
    expect(stdout).toContain('imported 2 = 2 replayable');
    expect(captures()).toHaveLength(6);
    const cursors = service.calls.slice(before).map(({ query }) => query.get('cursor'));
    expect(cursors).toEqual([null, null, 'b64:observation-4']);
    expect(scene.rows('select * from service_import')).toEqual([]);
    await scene.run(command, langfuseAt(service.url));
    expect(pagesAsked(service)).toBe(3 + 2 + 3);
  });

  it('goes on after Ctrl-C, also where the service has forgotten the page', async () => {
    const service = await opened(startLangfuse(fiveGenerations()));
    const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
    service.disturb = ({ query }) => {
      if (query.get('cursor') === null) return false;
      isAsked();
      return true;
    };
    const { child, ended } = scene.start(['import', '--from', 'langfuse'], langfuseAt(service.url));
    await asked;
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code).toBe(130);
    expect(stderr).toContain(
      'The 2 observations before are kept; run the same command again to go on.',
    );
    service.disturb = ({ query }, response) =>
      query.get('cursor') === 'b64:observation-2' && pagesAsked(service) < 5
        ? sendJson(response, 400, { message: 'Invalid cursor format' })
        : false;
    const again = await scene.run(['import', '--from', 'langfuse'], langfuseAt(service.url));
    expect(again.stdout).toContain('imported 3 = 3 replayable + 0 not replayable; 2 already there');
  });

  it('says in a dry run what it would import, and writes nothing', async () => {
    const service = await opened(startLangfuse(fiveGenerations()));
    const found = await scene.snapshot();
    for (const more of [[], ['--last-turn']]) {
      const { code, stdout } = await scene.run(
        ['import', '--from', 'langfuse', '--dry-run', '--json', ...more],
        langfuseAt(service.url),
      );
      expect(code).toBe(0);
      expect(JSON.parse(stdout)).toMatchObject({ replayable: 5, notReplayable: 0 });
    }
    expect(await scene.snapshot()).toEqual(found);
  });

  it('reads the calls once for --last-turn', async () => {
    const service = await opened(startLangfuse(fiveGenerations()));
    const { stdout } = await scene.run(
      ['import', '--from', 'langfuse', '--last-turn'],
      langfuseAt(service.url),
    );
    expect(stdout).toContain('imported 5 = 5 replayable');
    expect(pagesAsked(service)).toBe(3);
  });

  it('names the variable or the host that is wrong, and leaves no store behind', async () => {
    const service = await opened(startLangfuse([]));
    const { host } = new URL(service.url);
    const right = langfuseAt(service.url);
    const found = await scene.snapshot();
    const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
      [{}, 'Langfuse needs a key and LANGFUSE_PUBLIC_KEY is not set.'],
      [
        { ...right, LANGFUSE_SECRET_KEY: 'sk-lf-another-secret' },
        `${host} refused the key (401). Check LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, and that LANGFUSE_HOST is the host that they belong to.`,
      ],
      [
        { ...right, LANGFUSE_HOST: `${service.url}/proxy` },
        `${host} has no API of Langfuse at /proxy/api/public/projects. Check LANGFUSE_HOST, which is ${service.url}/proxy.`,
      ],
      [{ ...right, LANGFUSE_HOST: 'cloud.langfuse.com' }, 'LANGFUSE_HOST is no http or https URL'],
      [
        { ...right, LANGFUSE_HOST: 'https://pk:sk@cloud.langfuse.com' },
        'LANGFUSE_HOST contains a user or a password.',
      ],
    ];
    for (const [environment, message] of cases) {
      const { code, stderr } = await scene.run(['import', '--from', 'langfuse'], environment);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain('secret-of');
      expect(code).toBe(2);
    }
    expect(await scene.snapshot()).toEqual(found);
  });

  it('follows no redirect with the key, and never shows what a server repeats of it', async () => {
    const service = await opened(startLangfuse([]));
    const other = await opened(startLangfuse([]));
    service.disturb = (_, response) => {
      response.writeHead(302, { location: other.url }).end();
      return true;
    };
    const moved = await scene.run(['import', '--from', 'langfuse'], langfuseAt(service.url));
    expect(moved.stderr).toContain('redirects to another address (302)');
    expect(other.calls).toEqual([]);
    service.disturb = ({ headers }, response) =>
      sendJson(response, 422, {
        message: `bad ${headers.authorization} ${langfuseKeys.secretKey}.`,
      });
    const refused = await scene.run(['import', '--from', 'langfuse'], langfuseAt(service.url));
    expect(refused.stderr).toContain('answered 422: bad Basic [key] [key].');
    expect(refused.code).toBe(2);
  });
});

describe('import --from langsmith', () => {
  for (const version of [1, 2] as const) {
    it(`reads the same as an export, over version ${version} of the API`, async () => {
      const runs = [
        ...[1, 2, 3, 4, 5].map((number) => llmRun(number, ago(number))),
        llmRun(6, ago(6), { run_type: 'chain' }),
        llmRun(7, ago(60 * 24 * 30)),
        llmRun(8, ago(7), { inputs: {} }),
      ];
      const service = await opened(startLangSmith(runs, { version }));
      const { code, stdout, stderr } = await scene.run(
        ['import', '--from', 'langsmith', '--since', '2d'],
        langsmithAt(`${service.url}/api/v1`),
      );
      expect(stderr).toContain(`LANGSMITH_API_KEY to ${new URL(service.url).host}.`);
      expect(stdout).toContain('imported 6 = 5 replayable + 1 not replayable');
      expect(stdout).toContain('prompt not stored (LangSmith: LANGSMITH_HIDE_INPUTS)');
      expect(code).toBe(0);
      const inRange = runs.filter(({ id }) => !String(id).endsWith('7'));
      await writeFile(scene.path('runs.json'), JSON.stringify(inRange));
      await scene.run(['import', 'runs.json', '--db', 'export.db']);
      expect(captures()).toEqual(captures('export.db'));
      expect(captures()).toHaveLength(5);
    });
  }

  it('names the project that is not there', async () => {
    const service = await opened(startLangSmith([]));
    const { code, stderr } = await scene.run(['import', '--from', 'langsmith'], {
      ...langsmithAt(service.url),
      LANGSMITH_PROJECT: 'suport',
    });
    expect(stderr).toContain(
      'LangSmith has no project "suport" for this key. Set LANGSMITH_PROJECT',
    );
    expect(code).toBe(2);
  });
});

describe('the flags of an import from a service', () => {
  it.each([
    [['--from', 'langfuse', 'file.jsonl'], '--from langfuse reads langfuse instead of files.'],
    [['--from', 'langfuse', '--map', 'request=$.a'], '--map is for files in no known format'],
    [['--from', 'langfuse', '--since', 'soon'], '--since takes a date'],
    [['--from', 'langfuse', '--since', '2999-01-01'], 'is in the future'],
    [['--from', 'helicone'], '--from must be langfuse or langsmith'],
    [['--since', '7d', 'file.jsonl'], '--since is for an import with --from.'],
    [[], 'import needs a file of captured traffic, or a service to read'],
  ])('%s', async (more, message) => {
    const { code, stderr } = await scene.run(['import', ...more]);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });
});
