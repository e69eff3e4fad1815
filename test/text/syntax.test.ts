import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SyntaxReader } from '../../source/text/syntax.ts';

/** The stretches of a text that have a part, as `part:stretch`. */
const partsOf = (text: string, kind: 'markdown' | 'json' = 'markdown'): readonly string[] => {
  const reader = new SyntaxReader(kind);
  return text
    .split('\n')
    .flatMap((line) =>
      reader
        .read(line, true)
        .map(({ end, start, syntax }) => `${syntax}:${line.slice(start, end)}`),
    );
};

const fenced = (language: string, code: string): readonly string[] =>
  partsOf(`\`\`\`${language}\n${code}\n\`\`\``).slice(1, -1);

describe('a syntax reader', () => {
  it('finds headings, markers of lists, code and what is strong in Markdown', () => {
    expect(partsOf('## Plan\n- a **b** `c`\n2. d\n> e\n#no\n3.14 * 2 * 3')).toEqual([
      'heading:## Plan',
      'bullet:-',
      'strong:**b**',
      'code:`c`',
      'bullet:2.',
      'bullet:>',
    ]);
  });

  it.each([
    ['ts', 'const a = "b\\"c"; // d', ['keyword:const', 'string:"b\\"c"', 'comment:// d']],
    [
      'c',
      '/* a\nb */ int c = 0x1F;',
      ['comment:/* a', 'comment:b */', 'keyword:int', 'number:0x1F'],
    ],
    ['js', 'x = `a\nb` + 1', ['string:`a', 'string:b`', 'number:1']],
    [
      'js',
      'constructor(a) {\n  return 1;\n}',
      ['keyword:constructor', 'keyword:return', 'number:1'],
    ],
    [
      'python',
      'def f():\n  """a\n  # b"""\n  return 1 # c',
      [
        'keyword:def',
        'string:"""a',
        'string:  # b"""',
        'keyword:return',
        'number:1',
        'comment:# c',
      ],
    ],
    ['sql', "SELECT a FROM b -- c 'd'", ['keyword:SELECT', 'keyword:FROM', "comment:-- c 'd'"]],
    ['rust', "fn f<'a>(x: &'a str)", ['keyword:fn', "string:'a>(x: &'", 'keyword:str']],
    ['html', '<!-- a\n --> <b c="d">', ['comment:<!-- a', 'comment: -->', 'string:"d"']],
    ['text', 'if "a" then 1', []],
    ['', 'if "a" // b', ['keyword:if', 'string:"a"']],
  ])('finds comments, strings, numbers and keywords in %s', (language, code, parts) => {
    expect(fenced(language, code)).toEqual(parts);
  });

  it('knows the end of a fence by its mark, and JSON without a fence', () => {
    expect(partsOf('~~~~sh\n~~~\n# a\n~~~~\n# b')).toEqual([
      'fence:~~~~sh',
      'comment:# a',
      'fence:~~~~',
      'heading:# b',
    ]);
    expect(partsOf('{\n  "a": "b", "c": [1, null]\n}', 'json')).toEqual([
      'string:"b"',
      'number:1',
      'keyword:null',
    ]);
  });

  it('returns ascending spans inside of any line', () => {
    const piece = fc.constantFrom(
      '```',
      '```js',
      '~~~',
      '"',
      "'",
      '`',
      '/*',
      '*/',
      '# ',
      '- ',
      '**',
      '\\',
      'if',
      '1',
      ' ',
      'é',
      '\u{1F680}',
    );
    fc.assert(
      fc.property(fc.array(fc.array(piece, { maxLength: 12 }), { maxLength: 12 }), (lines) => {
        const reader = new SyntaxReader('markdown');
        for (const line of lines.map((pieces) => pieces.join(''))) {
          let at = 0;
          for (const { end, start } of reader.read(line, true)) {
            expect(start).toBeGreaterThanOrEqual(at);
            expect(end).toBeGreaterThanOrEqual(start);
            at = end;
          }
          expect(at).toBeLessThanOrEqual(line.length);
        }
      }),
    );
  });
});
