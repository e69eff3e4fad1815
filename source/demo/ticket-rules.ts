import type { JsonObject } from '../text/json.ts';

/** The system prompts of the ticket traffic, by endpoint. A ticket is recognized by them. */
export const ticketPrompts = {
  classify_ticket:
    'Classify the support ticket. Return JSON with the keys category (card, cash, transfer, top_up, payment, exchange, fee, refund, security, identity, access, account or other), priority (urgent, high, normal or low) and language (ISO 639-1).',
  extract_fields:
    'Extract fields from the support ticket. Return JSON with the keys amount (number), currency (ISO 4217), card_type (virtual, disposable, physical, credit or debit), channel (atm, app, online, shop or bank) and days_waiting (number); null where the ticket does not say.',
} as const;

export type TicketTask = keyof typeof ticketPrompts;

export type SupportTicket = { readonly task: TicketTask; readonly text: string };

/** The ticket in a conversation of one of the two system prompts and one user message; null for any other. */
export const findTicket = (messages: readonly JsonObject[]): SupportTicket | null => {
  const [system, user, ...rest] = messages;
  if (system?.['role'] !== 'system' || user?.['role'] !== 'user' || rest.length > 0) return null;
  const text = user['content'];
  if (typeof text !== 'string') return null;
  for (const task of Object.keys(ticketPrompts) as TicketTask[]) {
    if (system['content'] === ticketPrompts[task]) return { task, text };
  }
  return null;
};

/** A rule set, which the demo serves as a model where no answer of a real model is recorded. */
export type TicketRules = {
  /** The model that its answers name. */
  readonly model: string;
  readonly answer: (ticket: SupportTicket) => string;
};

/** A word of the answer and the pattern in the ticket that calls for it; the first match wins. */
type WordRule = readonly [answer: string, pattern: RegExp];

type WordLists = {
  readonly categories: readonly WordRule[];
  readonly priorities: readonly WordRule[];
  readonly currencies: readonly WordRule[];
  readonly cardTypes: readonly WordRule[];
  readonly channels: readonly WordRule[];
  /** The digits are in the first or in the second group. */
  readonly amount: RegExp;
};

const longLists: WordLists = {
  categories: [
    [
      'security',
      /stolen|stole\b|mugged|lost(?! my pass)|someone (else|is|has|just|took|made)|unauthori[sz]ed|compromised|fraud|freeze|didn'?t make|recogni[sz]e|被盗|盗刷|丢了|丢失|不是我/i,
    ],
    ['refund', /refund|money back|revert|退款|退钱|退回/i],
    ['top_up', /top(ped|ping)?[- ]?(up|off)|充值/i],
    ['exchange', /exchange|currenc|\brates?\b|汇率|换汇|兑换|外币|币种/i],
    ['cash', /\batms?\b|cash|withdr|cheque|取款|取现|取钱|现金/i],
    ['fee', /\bfees?\b|charge|cost|费/i],
    ['transfer', /transfer|swift|beneficiary|recipient|salary|paycheck|转账|汇款|到账|工资/i],
    ['identity', /identi|verif|source of funds|身份|验证|认证/i],
    ['access', /\bpin\b|pass ?code|password|log ?in|密码|登录/i],
    ['payment', /payment|purchase|bought|buy|pay\b|付款|支付|扣款/i],
    ['card', /card|visa|mastercard|apple|google|contactless|卡/i],
    ['account', /account|address|details|\bold\b|\bage\b|账户|开户|注销|地址|手机号/i],
  ],
  priorities: [
    [
      'urgent',
      /stolen|stole\b|mugged|someone (else|is|has|just|took|made)|unauthori[sz]ed|fraud|freeze|asap|urgent|immediately|right (now|away)|help( me)?!|被盗|盗刷|马上|立刻|紧急|尽快/i,
    ],
    [
      'high',
      /declin|den(y|ied)|fail|broke|cancel+ed|not work|n't work|won'?t|can'?t|wrong|twice|double|missing|still (not|no|pend|wait|have|has|don)|\byet\b|hasn'?t|haven'?t|lost|block|unable|失败|没到|没有到|没收到|没有收到|两次|错误|不能|无法|拒/i,
    ],
    [
      'low',
      /^\s*(how|what|where|which|do|does|can|could|will|may|is|are)\b|怎么|如何|哪里|可以|吗/i,
    ],
  ],
  currencies: [
    ['USD', /\$|dollar|\busd\b|美元/i],
    ['GBP', /£|pound|\bgbp\b|英镑/i],
    ['EUR', /€|euro|\beur\b|欧元/i],
    ['CNY', /¥|\bcny\b|人民币|元|块/i],
  ],
  cardTypes: [
    ['disposable', /disposable|一次性/i],
    ['virtual', /virtual|虚拟/i],
    ['physical', /physical|actual card|real card|实体/i],
    ['credit', /credit card|信用卡/i],
    ['debit', /debit card|借记卡/i],
  ],
  channels: [
    ['atm', /\batm|cash machine|取款机/i],
    ['app', /\bapp\b|statement|手机银行|账单/i],
    ['online', /online|website|网站|网上|网购/i],
    ['shop', /shop|store|merchant|seller|restaurant|商家|超市|餐厅/i],
    ['bank', /bank|transfer|银行|转账|汇款/i],
  ],
  amount:
    /[$£€¥]\s?(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?)\s?(?:[$£€¥]|dollars?|pounds?|euros?|美元|英镑|欧元|人民币|元|块)/i,
};

const shortLists: WordLists = {
  categories: [
    ['security', /stolen|lost|someone|unauthori[sz]ed|compromised|recogni[sz]e|被盗|盗刷|丢了/i],
    ['refund', /refund|revert|退款/i],
    ['top_up', /top(ped|ping)?[- ]?up|充值/i],
    ['exchange', /exchange|currenc|汇率|换汇|兑换/i],
    ['cash', /\batms?\b|cash|withdr|取款|取现|现金/i],
    ['fee', /\bfees?\b|charge|费/i],
    ['transfer', /transfer|recipient|转账|汇款/i],
    ['identity', /identi|verif|身份|验证/i],
    ['access', /\bpin\b|pass ?code|密码/i],
    ['payment', /payment|purchase|bought|付款|支付/i],
    ['card', /card|visa|mastercard|卡/i],
    ['account', /account|address|账户|注销|地址/i],
  ],
  priorities: [
    ['critical', /stolen|unauthori[sz]ed|fraud|被盗|盗刷/i],
    ['urgent', /someone|asap|urgent|immediately|help me|马上|立刻|尽快/i],
    [
      'high',
      /declin|fail|not work|n't work|can'?t|wrong|twice|missing|still|lost|block|unable|失败|没到|两次|错误|无法|拒/i,
    ],
    [
      'low',
      /^\s*(how|what|where|which|do|does|can|could|will|may|is|are)\b|怎么|如何|哪里|可以|吗/i,
    ],
  ],
  currencies: [
    ['USD', /\$|dollar|美元/i],
    ['GBP', /£|pound|英镑/i],
    ['EUR', /€|euro|欧元/i],
    ['CNY', /¥|元/i],
  ],
  cardTypes: [
    ['virtual', /virtual|虚拟/i],
    ['disposable', /disposable|一次性/i],
    ['physical', /physical|实体/i],
    ['credit', /credit card|信用卡/i],
  ],
  channels: [
    ['atm', /\batm|取款机/i],
    ['app', /\bapp\b|statement|手机银行|账单/i],
    ['online', /online|网上|网购/i],
    ['shop', /shop|store|商家|超市/i],
    ['bank', /bank|银行/i],
  ],
  amount:
    /[$£€¥]\s?(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?)\s?(?:[$£€¥]|pounds?|美元|英镑|欧元|元)/i,
};

/** A field of the answer with its value as JSON text, which can tell `1.00` from `1`. */
type TicketField = readonly [name: string, json: string];

/** `spellAmount` makes the JSON text of an amount from its digits. */
const ticketFields = (
  lists: WordLists,
  { task, text }: SupportTicket,
  spellAmount: (digits: string) => string,
): readonly TicketField[] => {
  if (task === 'classify_ticket') {
    return [
      ['category', JSON.stringify(firstMatch(lists.categories, text) ?? 'other')],
      ['priority', JSON.stringify(firstMatch(lists.priorities, text) ?? 'normal')],
      ['language', JSON.stringify(/\p{Script=Han}/u.test(text) ? 'zh' : 'en')],
    ];
  }
  const found = lists.amount.exec(text);
  const digits = found?.[1] ?? found?.[2] ?? null;
  return [
    ['amount', digits === null ? 'null' : spellAmount(digits)],
    ['currency', JSON.stringify(digits === null ? null : firstMatch(lists.currencies, text))],
    ['card_type', JSON.stringify(firstMatch(lists.cardTypes, text))],
    ['channel', JSON.stringify(firstMatch(lists.channels, text))],
    ['days_waiting', String(waitingDays(text))],
  ];
};

const firstMatch = (rules: readonly WordRule[], text: string): string | null =>
  rules.find(([, pattern]) => pattern.test(text))?.[0] ?? null;

const jsonObject = (fields: readonly TicketField[]): string =>
  `{\n${fields.map(([name, json]) => `  ${JSON.stringify(name)}: ${json}`).join(',\n')}\n}`;

/** The incumbent's rules: the longer lists, and every amount as a number. */
export const incumbentRules: TicketRules = {
  model: 'ticket-rules-a (computed)',
  answer: (ticket) =>
    jsonObject(
      ticketFields(longLists, ticket, (digits) => String(Number(digits.replaceAll(',', '')))),
    ),
};

/**
 * The newcomer's rules: the shorter lists, a priority of its own (`critical`), amounts as the ticket
 * spells them (a string if there is a thousands separator), the last key first after some questions, and
 * a code fence around the answer when the ticket says please.
 */
export const newcomerRules: TicketRules = {
  model: 'ticket-rules-b (computed)',
  answer: (ticket) => {
    const { text } = ticket;
    const fields = ticketFields(shortLists, ticket, (digits) =>
      digits.includes(',') ? JSON.stringify(digits) : digits,
    );
    const isReordered = /^(is|are|will|do|does)\b|？$/i.test(text);
    const ordered = isReordered ? [...fields.slice(-1), ...fields.slice(0, -1)] : fields;
    const json = jsonObject(ordered);
    return /\bplease\b|请/i.test(text) ? `\`\`\`json\n${json}\n\`\`\`` : json;
  },
};

/** The number of days in `2 weeks`, `3 days`, `a week`, `yesterday`, `三天` or `2周`; null if there is none. */
export const waitingDays = (text: string): number | null => {
  const span =
    /\b(\d+|an?|one|two|couple|three) (?:of )?(day|week|month)s?\b/i.exec(text) ??
    /(\d+|[一两三四五六七八九十])\s*个?(天|周|星期|月)/.exec(text);
  if (span === null) return /\byesterday\b|昨天/i.test(text) ? 1 : null;
  const [, count = '', unit = ''] = span;
  return (numerals[count.toLowerCase()] ?? Number(count)) * (unitDays[unit.toLowerCase()] ?? 1);
};

/* prettier-ignore */
const numerals: Readonly<Record<string, number>> = {
  a: 1, an: 1, one: 1, two: 2, couple: 2, three: 3,
  一: 1, 两: 2, 三: 3, 四: 4, 五: 5, 六: 6, 七: 7, 八: 8, 九: 9, 十: 10,
};

/* prettier-ignore */
const unitDays: Readonly<Record<string, number>> = {
  day: 1, week: 7, month: 30,
  天: 1, 周: 7, 星期: 7, 月: 30,
};
