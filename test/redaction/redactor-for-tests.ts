import { redactText } from '../../source/redaction/redact-text.ts';
import { RuleRedactor, type Redactor } from '../../source/redaction/redactor.ts';
import { type CustomRule, loadRules } from '../../source/redaction/rules/load-rules.ts';

export const redactorWith = async (
  own: readonly CustomRule[] = [],
  ignore: readonly string[] = [],
): Promise<Redactor> => new RuleRedactor({ rules: await loadRules(own), salt: 'salt', ignore });

/** Redacts a text and strips the hashes from the placeholders: `Mail [email]`. */
export const shapeOf = (redactor: Redactor, text: string): string =>
  redactText(text, redactor, () => undefined).replaceAll(/\[([a-z0-9-]+):[0-9a-f]{10}\]/g, '[$1]');

/** Values that the rules find, by rule. None of them belongs to anyone. */
export const secrets: Readonly<Record<string, readonly string[]>> = {
  email: ['bob@example.com', 'Anna.Müller+x@mail.example.co.uk'],
  phone: [
    '+49 30 123456',
    '+14155550123',
    '(415) 555-0123',
    '415.555.0123',
    '138-0013-8000',
    '020 7946 0958',
    '030/1234567',
    '01 23 45 67 89',
  ],
  card: ['4111 1111 1111 1111', '4111111111111111', '378282246310005', '6222021234567890128'],
  iban: [
    'DE89 3704 0044 0532 0130 00',
    'GB29NWBK60161331926819',
    'MT84MALT011000012345MTLCAST001S',
  ],
  'us-ssn': ['123-45-6789'],
  'cn-id': ['11010519491231002X'],
  'br-cpf': ['529.982.247-25'],
  'es-id': ['12345678Z', 'X1234567L'],
  'it-cf': ['RSSMRA85T10A562S'],
  'in-aadhaar': ['2345 6789 0124'],
  'kr-rrn': ['900101-1234567'],
  'uk-nino': ['AB 12 34 56 C'],
  ip: ['192.168.0.1', '8.8.8.8', '2001:db8::7:1', 'fe80::1ff:fe23:4567:890a'],
  'api-key': [
    'sk-abcdefghij0123456789ABCDEFGHIJ0123456789abcdefgh',
    `sk-ant-api03-${'a1B2'.repeat(23)}AA`,
    'sk-or-v1-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef',
    `AIza${'Sy0'.repeat(11)}ab`,
  ],
  'secret-aws': ['AKIAABCDEFGHIJKLMNOP'],
  'secret-github': [`ghp_${'aB3'.repeat(12)}`],
  'secret-slack': ['xoxb-123456789012-1234567890123-abcdefABCDEFabcdefABCDEF'],
  'secret-npm': [`npm_${'a1B2'.repeat(9)}`],
  jwt: ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N'],
  'private-key': [
    '-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----',
  ],
};
