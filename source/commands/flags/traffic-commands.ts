import type { CommandEntry, HelpBlock } from './flag-definition.ts';
import {
  configFlag,
  jsonFlag,
  namingModels,
  noArguments,
  storeFlags,
  trafficFlags,
} from './shared-flags.ts';

const trafficFormats = {
  title: 'Formats',
  rows: [
    ['native captures', 'described in docs/importing.md'],
    ['OpenAI Batch', 'the input file together with its output and error files'],
    ['OpenAI stored', 'pages of GET /chat/completions with their messages added'],
    [
      'plain JSON',
      'request and response, request bodies, fine-tuning rows, prompt and completion, input and output (OpenPipe), in the usual spellings',
    ],
    [
      'HTTP recordings',
      'HAR (browsers, mitmproxy, Polly.js), VCR cassettes (YAML, JSON), GoReplay (.gor), and lines with method, url, request, status and response_text',
    ],
    ['Langfuse', 'observations from the API; exports of the UI, traces included; blob storage'],
    [
      'OpenTelemetry',
      'OTLP/JSON spans and logs in any version of the GenAI conventions; OpenLLMetry; OpenInference; the Vercel AI SDK; Google ADK; spans downloaded from Phoenix',
    ],
    ['LangSmith', 'runs as list_runs() returns them, and bulk exports'],
    ['Braintrust', 'spans from the API or exports'],
    ['LiteLLM', 'logging payloads (array, lines or object); spend logs from the API or Postgres'],
    ['other gateways', 'Helicone, Cloudflare AI Gateway and Portkey: rows with their bodies'],
    ['simonw/llm', 'the output of llm logs -n 0 --json --expand'],
    ['promptfoo', "results as JSON or lines; each provider's answers become recorded:PROVIDER"],
    ['Arena-Hard', "LMArena's questions and answers, joined by uid, as recorded:MODEL"],
    ['CSV', 'any, with --map; without it, import shows the columns and a line that works'],
  ],
} as const satisfies HelpBlock;

/** Commands that take in traffic. */
export const trafficCommands = {
  import: {
    purpose: 'read captured traffic into the store; nothing is sent',
    arguments: {
      usage: 'FILES…',
      noun: 'a file of captured traffic',
      least: 1,
      most: null,
    },
    about: [
      'Reads captured traffic into the store. The format is recognized by content. JSON may be one object a line, objects over several lines, or an array; .gz files are decompressed; - is standard input. Importing the same file twice adds nothing.',
      trafficFormats,
    ],
    exits: { 2: 'also when a file contained no readable traffic; the others are imported' },
    flags: {
      ...trafficFlags,
      dryRun: {
        kind: 'switch',
        group: 'run',
        default: false,
        help: 'write nothing: print what would be imported, with its endpoints, models, times and tokens and, for the models named, what a replay would cost',
      },
      model: {
        kind: 'text',
        value: 'MODEL',
        repeatable: true,
        group: 'run',
        help: "with --dry-run: a candidate, compared with production's answers",
      },
      baseline: {
        kind: 'text',
        value: 'MODEL',
        group: 'run',
        help: 'with --dry-run: the baseline of the replay',
      },
      candidate: {
        kind: 'text',
        value: 'MODEL',
        repeatable: true,
        group: 'run',
        help: 'with --dry-run: a candidate of the replay',
      },
      ...jsonFlag,
      ...configFlag,
      ...storeFlags,
    },
    notes: [namingModels],
  },
  record: {
    purpose: 'a proxy that records the calls it forwards to a provider',
    arguments: noArguments,
    about: [
      'Listens as the upstream does, forwards every call to it, returns the answer byte for byte and at once, and records prompts on the side: chat completions, OpenAI Responses, Anthropic Messages and Gemini.',
      'Use http://127.0.0.1:8787/v1 (without /v1 for the SDKs of Anthropic and Google) as the base URL of your program. Its key goes to the upstream and is never stored. The answer to a recorded call carries the id of its capture in x-capture-id.',
      'Ctrl-C lets running calls finish and saves everything; a second one cuts them off. /healthz answers ok, and /metrics has counters for Prometheus.',
    ],
    exits: { 2: 'also when captures were lost because they could not be saved' },
    flags: {
      upstream: {
        kind: 'text',
        value: 'URL',
        repeatable: true,
        group: 'proxy',
        required: true,
        help: 'the base URL to forward calls to, such as https://api.openai.com/v1. With NAME=URL, calls to /NAME/… go there; all others go to the first upstream',
      },
      route: {
        kind: 'text',
        value: 'PATTERN=NAME',
        repeatable: true,
        group: 'proxy',
        help: "send calls of these models to the upstream NAME, such as 'gpt-*=openai'",
      },
      port: {
        kind: 'whole',
        value: 'N',
        least: 0,
        most: 65_535,
        default: 8787,
        group: 'proxy',
        help: 'the port to listen on; 0 for any free one',
      },
      host: {
        kind: 'text',
        value: 'HOST',
        group: 'proxy',
        default: '127.0.0.1',
        help: 'the address to listen on. On any but loopback, clients need the token in UNDERSTUDY_PROXY_TOKEN: in the header x-understudy-token, or in the base URL as http://HOST:8787/token=TOKEN/v1',
      },
      sample: {
        kind: 'text',
        value: 'SHARE',
        group: 'proxy',
        default: '100%',
        help: 'record this share, such as 10%, in whole conversations',
      },
      endpointHeader: {
        kind: 'text',
        value: 'HEADER',
        group: 'proxy',
        default: 'x-understudy-endpoint',
        help: 'the header that names the production feature; it is not forwarded',
      },
      injectUsage: {
        kind: 'switch',
        group: 'proxy',
        default: false,
        help: 'ask for the token counts of streams whose clients do not; they are recorded and removed from what the client receives',
      },
      redact: { ...trafficFlags.redact, group: 'output' },
      out: {
        kind: 'text',
        value: 'FILE',
        group: 'output',
        completes: 'files',
        help: 'append native captures to this file as JSON Lines instead of using the store',
      },
      rotate: {
        kind: 'text',
        value: 'SIZE',
        group: 'output',
        help: 'with --out: begin a new file before this one grows larger, such as 100MB',
      },
      json: {
        kind: 'switch',
        group: 'output',
        default: false,
        help: 'print one JSON document with the counts at the end',
      },
      ...configFlag,
      ...storeFlags,
    },
    notes: [],
  },
} as const satisfies Readonly<Record<string, CommandEntry>>;
