import type { Field, Rule, TicketRules } from './ticket-rules.ts';
import { daysIn, firstFit, jsonObject, jsonString, languageOf } from './ticket-rules.ts';

const categories: readonly Rule[] = [
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
];

const priorities: readonly Rule[] = [
  ['critical', /stolen|unauthori[sz]ed|fraud|被盗|盗刷/i],
  ['urgent', /someone|asap|urgent|immediately|help me|马上|立刻|尽快/i],
  [
    'high',
    /declin|fail|not work|n't work|can'?t|wrong|twice|missing|still|lost|block|unable|失败|没到|两次|错误|无法|拒/i,
  ],
  ['low', /^\s*(how|what|where|which|do|does|can|could|will|may|is|are)\b|怎么|如何|哪里|可以|吗/i],
];

const currencies: readonly Rule[] = [
  ['USD', /\$|dollar|美元/i],
  ['GBP', /£|pound|英镑/i],
  ['EUR', /€|euro|欧元/i],
  ['CNY', /¥|元/i],
];

const cardTypes: readonly Rule[] = [
  ['virtual', /virtual|虚拟/i],
  ['disposable', /disposable|一次性/i],
  ['physical', /physical|实体/i],
  ['credit', /credit card|信用卡/i],
];

const channels: readonly Rule[] = [
  ['atm', /\batm|取款机/i],
  ['app', /\bapp\b|statement|手机银行|账单/i],
  ['online', /online|网上|网购/i],
  ['shop', /shop|store|商家|超市/i],
  ['bank', /bank|银行/i],
];

const amount =
  /[$£€¥]\s?(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?)\s?(?:[$£€¥]|pounds?|美元|英镑|欧元|元)/i;

const classification = (text: string): readonly Field[] => [
  ['category', jsonString(firstFit(categories, text) ?? 'other')],
  ['priority', jsonString(firstFit(priorities, text) ?? 'normal')],
  ['language', jsonString(languageOf(text))],
];

/** The amount as the ticket spells it; one with a thousands separator is a string. */
const spelledAmount = (digits: string | undefined): string => {
  if (digits === undefined) return 'null';
  return digits.includes(',') ? JSON.stringify(digits) : digits;
};

const extraction = (text: string): readonly Field[] => {
  const found = amount.exec(text);
  const digits = found?.[1] ?? found?.[2];
  return [
    ['amount', spelledAmount(digits)],
    ['currency', jsonString(digits === undefined ? null : firstFit(currencies, text))],
    ['card_type', jsonString(firstFit(cardTypes, text))],
    ['channel', jsonString(firstFit(channels, text))],
    ['days_waiting', String(daysIn(text))],
  ];
};

const reordered = /^(is|are|will|do|does)\b|？$/i;

const lastFirst = (fields: readonly Field[]): readonly Field[] => [
  ...fields.slice(-1),
  ...fields.slice(0, -1),
];

/**
 * The newcomer's rules: shorter lists, a priority word of its own (`critical`), amounts as the ticket
 * spells them, the last key first after some questions, and a code fence around the answer when
 * the ticket says please.
 */
export const ticketRulesB: TicketRules = {
  model: 'ticket-rules-b (computed)',
  answer: ({ task, text }) => {
    const fields = task === 'classify_ticket' ? classification(text) : extraction(text);
    const ordered = reordered.test(text) ? lastFirst(fields) : fields;
    const json = jsonObject(ordered);
    return /\bplease\b|请/i.test(text) ? `\`\`\`json\n${json}\n\`\`\`` : json;
  },
};
