import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formats } from '../../../source/traffic/formats/formats.ts';
import { fixture } from '../imported.ts';
import { allRecords } from '../reading/all-records.ts';

/** Formats that many programs write: they may recognise what one program writes, but come after it. */
const general = new Set([
  'native captures',
  'requests and responses',
  'inputs and outputs',
  'request bodies',
  'prompts and completions',
]);

/** The format of each folder of fixtures. */
const owners: Readonly<Record<string, string>> = {
  'bedrock-logs': 'Bedrock invocation logs',
  braintrust: 'Braintrust',
  cloudflare: 'Cloudflare AI Gateway',
  datadog: 'Datadog LLM Observability',
  goreplay: 'GoReplay',
  har: 'HAR',
  helicone: 'Helicone',
  langfuse: 'Langfuse',
  langsmith: 'LangSmith',
  litellm: 'LiteLLM logging payloads',
  'litellm-spend-logs': 'LiteLLM spend logs',
  llm: 'llm logs',
  mlflow: 'MLflow',
  otel: 'OpenTelemetry (OTLP/JSON)',
  phoenix: 'Phoenix spans',
  portkey: 'Portkey',
  posthog: 'PostHog',
  promptfoo: 'promptfoo results',
  'recorded-http': 'recorded HTTP exchanges',
  'stored-completions': 'OpenAI stored completions',
  vcr: 'VCR cassette',
  'vertex-logs': 'Vertex AI request-response logs',
  'dialects/in': 'VCR cassette',
};

const files = Object.entries(owners).flatMap(([folder, owner]) =>
  readdirSync(fixture(folder))
    .filter((name) => !/\.md$|\.chatml\.json$/.test(name))
    .map((name) => [`${folder}/${name}`, owner] as const),
);

describe('a record of a single program', () => {
  it.each(files)(
    'in %s is recognised by %s and by no other that is one program’s',
    async (name, owner) => {
      const found = new Set<string>();
      for (const record of await allRecords(fixture(name))) {
        if (record.kind !== 'object') continue;
        const names = formats
          .filter((format) => format.recognises(record.object, record.around))
          .map((format) => format.name);
        found.add(names[0] ?? 'none');
        for (const other of names.slice(1)) if (!general.has(other)) found.add(other);
      }
      expect([...found]).toEqual([owner]);
    },
  );

  it('is recognised before what many write', () => {
    const names = formats.map(({ name }) => name);
    const first = names.findIndex((name) => general.has(name));
    expect(names.slice(first).every((name) => general.has(name))).toBe(true);
  });
});
