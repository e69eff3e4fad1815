import { getCountries } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/min/metadata';
import {
  phoneCountries,
  usualCountries,
  type PhoneCountry,
} from '../../source/redaction/rules/phone-countries.ts';
import { describe, expect, it } from 'vitest';
import { RuleRedactor } from '../../source/redaction/redactor.ts';
import { loadRules } from '../../source/redaction/rules/load-rules.ts';
import { redactorWith, secrets, shapeOf } from './redactor-for-tests.ts';

const redactor = await redactorWith();
const shape = (text: string): string => shapeOf(redactor, text);

describe('values that are found', () => {
  it.each(
    Object.entries(secrets).flatMap(([rule, values]) => values.map((value) => [rule, value])),
  )('%s: %s', (rule = '', value = '') => {
    expect(shape(value)).toBe(`[${rule}]`);
    expect(shape(`It is ${value}.`)).toBe(`It is [${rule}].`);
    expect(shape(`{"a": ["${value.replaceAll('\n', '\\n')}"]}`)).toBe(`{"a": ["[${rule}]"]}`);
  });

  it.each(
    Object.entries(secrets)
      .filter(([rule]) => rule !== 'phone')
      .flatMap(([rule, values]) => values.map((value) => [rule, value])),
  )('%s in Chinese text without spaces: %s', (rule = '', value = '') => {
    expect(shape(`这是${value}谢谢`)).toBe(`这是[${rule}]谢谢`);
  });

  it.each([
    ['我的手机号是13800138000', '我的手机号是[phone]'],
    ['请打13812345678给我', '请打[phone]给我'],
    ['电话:021-12345678', '电话:[phone]'],
    ['call 555-0123 now', 'call [phone] now'],
    ['phone: 4155550123', 'phone: [phone]'],
    ['tel. 5551234567', 'tel. [phone]'],
    ['whatsapp:+14155550123', 'whatsapp:[phone]'],
    ['+1 (415) 555-0123', '[phone]'],
    ['+86 13800138000', '[phone]'],
    ['0049 30 123456', '[phone]'],
    ['tel:+1-415-555-0123', 'tel:[phone]'],
    ['+44 (0)20 7946 0958', '[phone]'],
    ['客服热线400-820-8820', '客服热线[phone]'],
    ['手机号为13800138000，请回电', '手机号为[phone]，请回电'],
    [
      'aws_secret_access_key = "wJalrXUtnFEMIaK7MDENGabPxRfiCYzzzzzzzzzz"',
      'aws_secret_access_key = "[secret-aws]"',
    ],
    ['Authorization: Bearer abcdef0123456789abcdef0123', 'Authorization: Bearer [bearer-token]'],
    [
      'postgres://admin:s3cr#tpw@db.example.com:5432/app',
      'postgres://admin:[url-password]@db.example.com:5432/app',
    ],
    ['https://user:hunter22@example.com/x', 'https://user:[url-password]@example.com/x'],
    ['redis://:p4ssw0rd@host:6379', 'redis://:[url-password]@host:6379'],
    ['10.0.0.0/8 and 172.16.1.9:8080', '[ip]/8 and [ip]:8080'],
    ['SSN 123 45 6789', 'SSN [us-ssn]'],
    ['password: hunter2', 'password: [secret]'],
    ['the password is "copper@265"', 'the password is "[secret]"'],
    ['export API_KEY=k3yk3yk3yk3y', 'export API_KEY=[secret]'],
    ["mysql -u root -p'tiger' shop", "mysql -u root -p'[secret]' shop"],
    ['curl -u anna:tiger https://example.com', 'curl -u anna:[secret] https://example.com'],
    ['AccountName=a;AccountKey=b2xkS2V5MQ==;X=1', 'AccountName=a;AccountKey=[secret];X=1'],
    ['x-api-key: 0a1b2c3d4e5f', 'x-api-key: [secret]'],
    ['Cookie: sid=abc123def; theme=dark', 'Cookie: sid=[secret]; theme=dark'],
    ['Authorization: Basic YW5uYTp4eXo=', 'Authorization: Basic [secret]'],
    ['got {\\"password\\":\\"s3cret!x\\"}', 'got {\\"password\\":\\"[secret]\\"}'],
    ['Password - copper42', 'Password - [secret]'],
    ['Password:\ncopper42', 'Password:\n[secret]'],
    ['密码 abc123，谢谢', '密码 [secret]，谢谢'],
    ['Tél : 333 12 34 905', 'Tél : [phone]'],
    ['登录密码是abc123，谢谢', '登录密码是[secret]，谢谢'],
    ['Contact: Anna, 612 345 678', 'Contact: Anna, [phone]'],
    ['Rufen Sie 0171/2345678 an', 'Rufen Sie [phone] an'],
    ['8 (912) 345-67-89', '[phone]'],
    ['secretlint-disable\nAKIAABCDEFGHIJKLMNOP', 'secretlint-disable\n[secret-aws]'],
  ])('%s', (text, expected) => {
    expect(shape(text)).toBe(expected);
  });
});

describe('text without values', () => {
  it.each([
    'version 1.2.3.4',
    'v10.0.19041.1',
    'Chrome/120.0.0.0',
    'node@22.1.0.3',
    'section 4.1.2.3',
    'lodash@4.17.21',
    'icon@2x.png',
    'git@github.com:a/b.git',
    '@media screen',
    '@app.route("/x")',
    '550e8400-e29b-41d4-a716-446655440000',
    'd41d8cd98f00b204e9800998ecf8427e',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '1700000000000',
    '1700000000000000000',
    '2024-05-01 12:30:45',
    '2023-10-05T14:48:00.000Z',
    '01/02/2024',
    '2024-01-01 to 2024-12-31',
    '20240501-123456',
    '$1,234,567.89',
    '€ 12.345.678,90',
    '3.14159265358979',
    '1.5e10',
    '1920x1080',
    'recall 1234567',
    'hotel 4155550123',
    'order 4155550123',
    'order no. 415-555-0123',
    'invoice #020 7946 0958',
    '订单号13800138000',
    'std::vector<int> a::b',
    'x::before { }',
    '12:30:45',
    '00:1a:2b:3c:4d:5e',
    '1 2 3 4 5 6 7 8 9 10',
    '01 02 03 04 05',
    '100 200 3000',
    '1,2,3,4,5,6,7,8',
    '010203',
    'ISBN 978-3-16-148410-0',
    '10.1038/s41586-020-2649-2',
    '127.0.0.1:8080',
    '255.255.255.0',
    'sk-learn-pipelines-and-more-things',
    'Bearer authentication is meant',
    '+12345678',
    'req_8f3a4155550123',
    'chatcmpl-9oBxy4111111111111111',
    'call_abc123',
    '9007199254740993',
    '0x4111111111111111',
    '4111 1111 1111 1112',
    'DE89 3704 0044 0532 0130 01',
    // A UUID whose last groups have the check digits of a Belgian account.
    '1b2c3d4e-5f60-4a7b-be65-f67a12345678',
    '110105194912310021',
    '12345678A',
    'https://example.com/a/b?id=4155550123',
    'https://user:password@example.com',
    'postgres://app:${DB_PASSWORD}@db.example.com/x',
    '-----BEGIN CERTIFICATE-----',
    'eyJustAWord.and.another',
    'AWB 176-8337 0282',
    'My order number is 480253607',
    'we reach 12000000 people',
    'the number 16777158',
    'FedEx 0827 6049 5553',
    'hasApiKey = !isBearerToken',
    '<path d="M5 10a5 5 0 1110 0 5 5 0 01-10 0z"/>',
    '<Buffer 03 04 23 42>',
    'token = tokenizer.next()',
    'password: string',
    'password = os.environ["DB_PASSWORD"]',
    'apiKey: process.env.API_KEY_2',
    'password=password1_from_vault.password',
    'secret santa is on day 24',
    'The secret is to rest it 20 minutes',
    'Password: must have 8 characters',
    'max_tokens: 1024',
    '"token": "noun"',
    '"next_page_token": "abc123def456"',
    'contract GameToken is ERC1155',
    'Cookie: chocolate chip, 2 pieces',
    '"Authorization": "Bearer " + token1',
    'data:image/png;base64,AKIAABCDEFGHIJKLMNOP4111111111111111',
    '![](data:image/png;base64,AKIAABCDEFGHIJKLMNOP4111111111111111)',
  ])('%s', (text) => {
    expect(shape(text)).toBe(text);
  });
});

describe('the rules of the configuration', () => {
  it('apply before the built-in ones, and ignored values are kept', async () => {
    const own = await redactorWith(
      [{ name: 'employee', pattern: 'e\\d{6}', flags: 'i' }],
      ['*@acme.com', '10.0.0.1'],
    );
    expect(shapeOf(own, 'E123456 bob@acme.com bob@example.com 10.0.0.1 10.0.0.2')).toBe(
      '[employee] bob@acme.com [email] 10.0.0.1 [ip]',
    );
  });
});

describe('phone numbers of the countries that the configuration names', () => {
  it('are found in their own form, and those of other countries are not', async () => {
    const text = 'You can reach me at 612 345 678';
    const redacted = async (countries: readonly PhoneCountry[] | null): Promise<string> =>
      shapeOf(new RuleRedactor({ rules: await loadRules([], countries), salt: 'salt' }), text);
    expect(await redacted(null)).toBe('You can reach me at [phone]');
    expect(await redacted(['ES'])).toBe('You can reach me at [phone]');
    expect(await redacted(['US'])).toBe(text);
  });

  it('are all that libphonenumber knows', () => {
    expect(phoneCountries).toEqual(getCountries(metadata).sort());
    expect(usualCountries.filter((one) => !phoneCountries.includes(one))).toEqual([]);
  });
});
