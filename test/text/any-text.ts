import fc from 'fast-check';

const telling = [
  'a',
  'word ',
  ' ',
  '\n',
  '中',
  '文字，',
  '　',
  'カ',
  'が',
  '\u3099',
  'ﾞ',
  'ｶ',
  '한',
  '\u1112',
  '\u1161',
  '\u11ab',
  '\u0301',
  '\u0308',
  'é',
  '👩‍👩‍👧',
  '👍🏽',
  '🇯🇵',
  '🇯',
  '❤️',
  '❤',
  '1️⃣',
  '\u20e3',
  '\ufe0f',
  '\ufe0e',
  '\u200d',
  '©',
  'क्षि',
  'ำ',
  '\u0600',
  '𠮷',
  '\ud83d',
  '\udc00',
  '\x1b[31m',
  '\t',
  '\r\n',
  '\u202e',
];

/** Any text, rich in what makes width and segmentation hard. */
export const anyText = fc
  .array(fc.oneof(fc.constantFrom(...telling), fc.string({ unit: 'binary', maxLength: 4 })), {
    maxLength: 25,
  })
  .map((parts) => parts.join(''));
