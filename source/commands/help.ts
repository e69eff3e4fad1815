/** One line for every command, in the order in which a newcomer meets them. */
export const commands = {
  demo: 'everything at once with no key and no network: replay, review, summary',
  compare: 'the main job: import what is given, replay, review while answers still arrive',
  replay: 'the same without the screen: progress on a terminal, plain lines otherwise',
  review: 'go on reviewing a comparison',
  summary: 'the numbers of a comparison',
  spend: 'what was paid: by month, provider, model and comparison',
  import: 'captured traffic into the store',
  record: 'a proxy before a provider that records the calls which pass through it',
  scrub: 'secrets and personal data out of a store, with proof',
  models: 'the catalogue: providers, prices, published scores, whether a key is set',
} as const;

export type CommandName = keyof typeof commands;

export const isCommandName = (name: string): name is CommandName => Object.hasOwn(commands, name);

const configFlag = `  --config FILE        providers, prices, limits, deadlines and the month's budget; default
                       UNDERSTUDY_CONFIG or understudy.config.json if it is there`;

const sharedFlags = `  --db FILE            the store; default understudy.db or UNDERSTUDY_DB
  --help               this text`;

const modelsText = `  A model (MODEL) is one of
    provider/name      openai/gpt-4o, deepseek/deepseek-v4-flash; see understudy models; more
                       providers by --config
    URL#name           http://127.0.0.1:8080/v1#qwen3-32b: any OpenAI-compatible server;
                       UNDERSTUDY_API_KEY holds its key if it wants one
    recorded           what production answered when the traffic was captured
    recorded:NAME      what this model answered when the traffic was captured`;

const replayFlags = `  --baseline MODEL     the model that answers today
  --candidate MODEL    the model that may take over; may be given again: one answer of the baseline
                       serves all, and each candidate is a comparison of its own
  --name NAME          a name for the comparison; the same name and models go on where it was
  --concurrency N      calls in flight at once, over all models; default 8
  --samples N          answers of each model to each capture; the first one is reviewed; default 1
  --speed SPEED        max (default), or 1x to keep the recorded spacing of the captures, 10x for a
                       tenth of it; a gap of more than a minute counts as a minute
  --patience TIME      how long a provider that keeps failing is probed before its calls are left
                       unsent, such as 30s or 8h; default 15m and 10 probes
  --budget USD         stop before this much has been spent; none for as much as it takes; asked for
                       on a terminal, needed elsewhere, where calls cost money
  --map, --last-turn, --no-redact
                       how FILES are read; see understudy import --help
  --send WHAT          of captures that are redacted: redacted (default) sends their placeholders,
                       original the values that FILES have, which are kept in memory and taken out
                       of the answers; FILES must be named
  --adapt POLICY       what is done when a provider refuses a parameter of a request: ask, auto
                       (send it again without, and remember that) or never; default ask, which is
                       never where nobody can be asked
  --keep A,B           parameters that are sent on although a replay would not: store,metadata,user
${configFlag}`;

const selectionFlags = `  What to replay; all of it must hold, and a comparison remembers it:
    --sample 10%       this share, the same captures on every machine, whole conversations
    --endpoint NAME    only these endpoints; a,b or given again; * stands for any text
    --since, --until   a date, a date with a time (UTC), or a time before now: 24h, 7d
    --where COND       metadata: customer.tier=gold, tier!=free, turns>=3; may be given again
    --stratify KEY:N   at most N captures of each: endpoint:20, metadata.customer:5
    --limit N          at most N captures, after all others
  --dry-run            send nothing and store nothing: say what it would send and cost; --json`;

const usages: Record<CommandName, string> = {
  demo: `understudy demo [--db FILE]

Replays bundled traffic against an endpoint inside the program, over real HTTP on loopback. In a
terminal it opens the review; otherwise it prints the summary. Timings and prices are simulated.

  --db FILE            keep the store here; default understudy-demo.db in the temporary directory
  --seed N             the seed of the simulated timings; default 1
  --help               this text`,
  compare: `understudy compare [FILES…] --baseline MODEL --candidate MODEL [flags]

Imports the files, sends what is not yet answered to both models, and opens the review at once.
Without files it takes every capture in the store. Without a terminal it does as replay does.

${replayFlags}
  --reviewer NAME      whose verdicts these are; default your login name
${sharedFlags}

${selectionFlags}

${modelsText}`,
  replay: `understudy replay [FILES…] --baseline MODEL --candidate MODEL [flags]

Imports the files and sends what is not yet answered to both models. It can be stopped at any moment
(Ctrl-C) and goes on where it was when it is called again; nothing is paid for twice.

${replayFlags}
  --batch              order the answers from the Batch APIs of the providers, mostly at half the
                       price and within a day; goes on with the same command until all is there
  --poll-for MINUTES   with --batch: end after so long, and 0 after one look, though batches go on
${sharedFlags}

${selectionFlags}

${modelsText}`,
  review: `understudy review [COMPARISON] [flags]

Opens the review of a comparison by its id or name; without one, of the newest.

  --reviewer NAME      whose verdicts these are; default your login name
${configFlag}
${sharedFlags}`,
  summary: `understudy summary [COMPARISON] [flags]

Prints the numbers of a comparison by its id or name; without one, of the newest.

  --format FORMAT      text (default) or json (schema understudy.summary/1)
  --json               the same as --format json
${configFlag}
${sharedFlags}`,
  spend: `understudy spend [flags]

Prints what was paid for in this store: calls, tokens and USD, reckoned when shown from the tokens
and today's prices. ≥ stands where the cost of some calls is not known, — where none is.

  --by WHAT            month, provider, model or comparison; default all of them at once
  --since WHEN         calls from then on: a month, a date (UTC), a time before now: 2026-11, 7d
  --json               one JSON document (schema understudy.spend/1)
${configFlag}
${sharedFlags}`,
  import: `understudy import FILES… [flags]

Reads captured traffic into the store. The format is found by content; .gz is read; JSON may be one
object a line, objects over lines, or an array. The same file twice adds nothing. Formats:

  native captures      see the README
  OpenAI Batch         the input with its output and error files
  OpenAI stored        pages of GET /chat/completions, with their messages put in
  plain JSON           request and response, request bodies, rows for fine-tuning, prompt and
                       completion, input and output (OpenPipe), in the usual spellings
  HTTP recordings      HAR (browsers, mitmproxy, Polly.js), VCR cassettes (YAML, JSON), GoReplay
                       (.gor), lines of method, url, request, status, response_text
  Langfuse             observations from the API, exports of the UI (a trace too), of blob storage
  OpenTelemetry        OTLP/JSON: GenAI conventions of any version, spans and logs; OpenLLMetry;
                       OpenInference; the AI SDK of Vercel; spans downloaded from Phoenix
  LangSmith            runs as list_runs() gives them, and bulk exports
  LiteLLM              logging payloads (an array, lines, an object), spend logs of API and Postgres
  other gateways       Helicone, Cloudflare AI Gateway, Portkey: rows with their bodies
  simonw/llm           the output of llm logs -n 0 --json --expand
  promptfoo            results, JSON or lines: the answers of each provider as recorded:PROVIDER
  Arena-Hard           questions and answers of LMArena, by their uid, as recorded:MODEL

  --map FIELD=PATH     for anything else: where FIELD stands in a record, request=$.payload.req;
                       PATH may be $.a.b[0]["c d"] or a.b, and go through JSON in texts; FIELD
                       is request, response, id, timestamp, endpoint, model, latencyMs,
                       conversation or user; may be given again
  --last-turn          of conversations that grow request by request only the last turns: a request
                       is left out when another goes on from its messages and its answer
  --dry-run            write nothing: say what would be imported, the endpoints, models, times and
                       tokens of it and, with --model MODEL (again for more) or with --baseline
                       MODEL --candidate MODEL, what a replay would cost
  --no-redact          store everything as it is; default: secrets, e-mail addresses, phone and card
                       numbers, IBANs, ids of persons and IP addresses become placeholders, which a
                       replay sends unless it is told --send original
  --config FILE        further rules and values that stay (redaction); default UNDERSTUDY_CONFIG or
                       understudy.config.json if it is there
  --json               one JSON document with the counts
${sharedFlags}`,
  record: `understudy record --upstream URL [--port N] [flags]

Listens as an OpenAI-compatible server, passes every call on to the upstream and its answer back,
byte for byte and at once, and records chat completions beside. Give your program
http://127.0.0.1:8787/v1 as its base URL; its key goes on to the upstream and is never kept. The
answer to a recorded call has the id of its capture in x-capture-id. Ctrl-C lets running calls end
and saves all; a second one cuts them off.

  --upstream URL       the base URL to pass calls on to, such as https://api.openai.com/v1; may be
                       given again as NAME=URL, and then /NAME/… goes there, all else to the first
  --route PATTERN=NAME calls of these models go to that upstream, 'gpt-*=openai'; may be given again
  --port N             default 8787; 0 for any that is free
  --host HOST          default 127.0.0.1; others can reach it elsewhere, and need the token that
                       UNDERSTUDY_PROXY_TOKEN holds: in the header x-understudy-token, or in the
                       base URL as http://HOST:8787/token=TOKEN/v1
  --sample 10%         record this share, whole conversations
  --endpoint-header H  the header that names the production feature, which does not go on to the
                       upstream; default x-understudy-endpoint
  --inject-usage       ask for the token counts of streams whose clients do not; they are recorded,
                       and taken out of what the client gets
  --out FILE           append native captures to this file of JSON Lines instead of the store
  --rotate SIZE        with --out: begin a new file when this one would be larger, such as 100MB
  --no-redact          keep everything as it is; see understudy import --help
  --config FILE        the configuration with rules of redaction
  --json               one JSON document with the counts at the end

  /healthz says ok, /metrics has counters for Prometheus.
${sharedFlags}`,
  scrub: `understudy scrub [flags]

Replaces secrets and personal data in a store by placeholders, as an import does: in requests,
recorded and replayed answers, failed tries, metadata and comments. Verdicts stay. The file is
written anew and then searched for every value that was found; the exit code is 1 where one remains.
Nobody else may have the store open. It is best effort: what no rule knows stays.

  --json               one JSON document (schema understudy.scrub/1)
${configFlag}
${sharedFlags}`,
  models: `understudy models [--baseline NAME] [--json]

  --baseline NAME      compare prices with this model's
  --json               one JSON document
${configFlag}
  --help               this text`,
};

const pad = (text: string): string => text.padEnd(10);

/** The help of one command, or of the program when the name is none of a command. */
export const helpText = (name: string | undefined): string => {
  if (name !== undefined && isCommandName(name)) return `${usages[name]}\n`;
  const lines = Object.entries(commands).map(([command, text]) => `  ${pad(command)} ${text}`);
  return `understudy: may a cheaper model take over? Replay production traffic on two models, see where the
answers differ, mark agreement with one key, and end in a number that can be defended.

Usage: understudy COMMAND [files] [flags]

${lines.join('\n')}

Start with:  understudy demo
Then:        understudy compare traffic.jsonl --baseline openai/gpt-4o --candidate deepseek/deepseek-v4-flash

Flags of a command: understudy COMMAND --help. Version: understudy --version.
Exit codes: 0 done, 2 your mistake or a failed prerequisite, 130 interrupted with everything kept.
`;
};
