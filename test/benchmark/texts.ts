// Words for answers of a given size, from a seed: the same in every run.
const english =
  'the customer asks about a card payment that was taken twice and wants the money back before friday because the rent is due please check the account and answer in one sentence with the reason and the next step'.split(
    ' ',
  );
const chinese =
  '顾客询问信用卡被重复扣款并希望在周五之前退款因为需要支付房租请检查账户并用一句话回答原因和下一步';

/** Numbers in [0, 1) from a seed (mulberry32). */
export const seeded = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
};

/** A line of about `characters` characters. */
export const line = (random: () => number, characters: number, language: 'en' | 'zh'): string => {
  let text = '';
  while (text.length < characters) {
    text +=
      language === 'en'
        ? `${english[Math.floor(random() * english.length)] ?? ''} `
        : (chinese[Math.floor(random() * chinese.length)] ?? '');
  }
  return text.trimEnd();
};

/** Two texts of `lines` lines of which about one in five differs. */
export const similarTexts = (
  seed: number,
  lines: number,
  characters: number,
  language: 'en' | 'zh',
): { baseline: string; candidate: string } => {
  const random = seeded(seed);
  const baseline: string[] = [];
  const candidate: string[] = [];
  for (let index = 0; index < lines; index++) {
    const text = line(random, characters, language);
    baseline.push(text);
    candidate.push(random() < 0.2 ? `${text.slice(0, -6)}${line(random, 6, language)}` : text);
  }
  return { baseline: baseline.join('\n'), candidate: candidate.join('\n') };
};
