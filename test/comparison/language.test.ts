import { describe, expect, it } from 'vitest';
import { languageDiffers, scriptOf } from '../../source/comparison/language.ts';

const english = 'The refund was sent to your card yesterday and should arrive in three days.';
const chinese = '退款已于昨天退回您的银行卡，预计三天内到账，请注意查收。';

describe('scriptOf', () => {
  it('recognises the script of prose', () => {
    expect(scriptOf(english)).toBe('latin');
    expect(scriptOf(chinese)).toBe('chinese');
    expect(scriptOf('返金は昨日カードに送られました。三日以内に届きます。')).toBe('japanese');
    expect(scriptOf('환불은 어제 카드로 처리되었으며 사흘 안에 도착합니다.')).toBe('korean');
    expect(scriptOf('Возврат был отправлен на вашу карту вчера.')).toBe('cyrillic');
  });

  it('recognises Chinese with English terms as Chinese', () => {
    expect(
      scriptOf('请使用 Python 的 asyncio 库，然后调用 run 函数来启动事件循环，最后关闭它。'),
    ).toBe('chinese');
  });

  it('does not guess for short, mixed, JSON or code text', () => {
    expect(scriptOf('billing')).toBeNull();
    expect(scriptOf('')).toBeNull();
    expect(scriptOf(`${english} ${chinese}`)).toBeNull();
    expect(scriptOf(JSON.stringify({ summary: english }))).toBeNull();
    expect(scriptOf(`\`\`\`python\nprint("${english}")\n\`\`\``)).toBeNull();
  });
});

describe('languageDiffers', () => {
  it('is true only if both scripts are clear', () => {
    expect(languageDiffers(english, chinese)).toBe(true);
    expect(languageDiffers(english, english)).toBe(false);
    expect(languageDiffers('yes', chinese)).toBe(false);
    expect(
      languageDiffers(`${chinese}\n\`\`\`js\n${'let x = 1;\n'.repeat(50)}\`\`\``, chinese),
    ).toBe(false);
  });
});
