import type { Field, Rule, TicketRules } from './ticket-rules.ts';
import { daysIn, firstFit, jsonObject, jsonString, languageOf } from './ticket-rules.ts';

const categories: readonly Rule[] = [
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
];

const priorities: readonly Rule[] = [
  [
    'urgent',
    /stolen|stole\b|mugged|someone (else|is|has|just|took|made)|unauthori[sz]ed|fraud|freeze|asap|urgent|immediately|right (now|away)|help( me)?!|被盗|盗刷|马上|立刻|紧急|尽快/i,
  ],
  [
    'high',
    /declin|den(y|ied)|fail|broke|cancel+ed|not work|n't work|won'?t|can'?t|wrong|twice|double|missing|still (not|no|pend|wait|have|has|don)|\byet\b|hasn'?t|haven'?t|lost|block|unable|失败|没到|没有到|没收到|没有收到|两次|错误|不能|无法|拒/i,
  ],
  ['low', /^\s*(how|what|where|which|do|does|can|could|will|may|is|are)\b|怎么|如何|哪里|可以|吗/i],
];

const currencies: readonly Rule[] = [
  ['USD', /\$|dollar|\busd\b|美元/i],
  ['GBP', /£|pound|\bgbp\b|英镑/i],
  ['EUR', /€|euro|\beur\b|欧元/i],
  ['CNY', /¥|\bcny\b|人民币|元|块/i],
];

const cardTypes: readonly Rule[] = [
  ['disposable', /disposable|一次性/i],
  ['virtual', /virtual|虚拟/i],
  ['physical', /physical|actual card|real card|实体/i],
  ['credit', /credit card|信用卡/i],
  ['debit', /debit card|借记卡/i],
];

const channels: readonly Rule[] = [
  ['atm', /\batm|cash machine|取款机/i],
  ['app', /\bapp\b|statement|手机银行|账单/i],
  ['online', /online|website|网站|网上|网购/i],
  ['shop', /shop|store|merchant|seller|restaurant|商家|超市|餐厅/i],
  ['bank', /bank|transfer|银行|转账|汇款/i],
];

const amount =
  /[$£€¥]\s?(\d[\d,]*(?:\.\d+)?)|(\d[\d,]*(?:\.\d+)?)\s?(?:[$£€¥]|dollars?|pounds?|euros?|美元|英镑|欧元|人民币|元|块)/i;

const classification = (text: string): readonly Field[] => [
  ['category', jsonString(firstFit(categories, text) ?? 'other')],
  ['priority', jsonString(firstFit(priorities, text) ?? 'normal')],
  ['language', jsonString(languageOf(text))],
];

const extraction = (text: string): readonly Field[] => {
  const found = amount.exec(text);
  const digits = found?.[1] ?? found?.[2];
  return [
    ['amount', digits === undefined ? 'null' : String(Number(digits.replaceAll(',', '')))],
    ['currency', jsonString(digits === undefined ? null : firstFit(currencies, text))],
    ['card_type', jsonString(firstFit(cardTypes, text))],
    ['channel', jsonString(firstFit(channels, text))],
    ['days_waiting', String(daysIn(text))],
  ];
};

/** The incumbent's rules: the longer lists of words. */
export const ticketRulesA: TicketRules = {
  model: 'ticket-rules-a (computed)',
  answer: ({ task, text }) =>
    jsonObject(task === 'classify_ticket' ? classification(text) : extraction(text)),
};
