import { Chance, type Part, type Planted } from './chance.ts';

/**
 * Numbers by country as their owners write them: `#` is any digit, `N` one from 2 to 9. The ranges are those
 * of the national numbering plans.
 */
const spellings: Readonly<Record<string, Readonly<Record<Part, readonly string[]>>>> = {
  US: {
    tuned: ['(212) 5##-####', '415-7##-####', '+1 312-6##-####', '1-646-4##-####', '305.5##.####'],
    'held-out': ['206 4## ####', '+1713N######', '(617)5##-####', '512/6##-####', '7025######'],
  },
  CA: {
    tuned: ['416-5##-####', '+1 (604) 6##-####'],
    'held-out': ['(514) 8##-####', '1 403 2## ####'],
  },
  GB: {
    tuned: ['020 7946 0###', '07911 12####', '+44 7700 900###', '0161 496 0###', '07700900###'],
    'held-out': [
      '(0131) 496 0###',
      '07400 12 3# ##',
      '+44 (0) 7911 123###',
      '01632 960###',
      '0044 7911 123###',
    ],
  },
  DE: {
    tuned: ['030 2345####', '0171 234####', '+49 89 1234###', '0151-2345####', '(040) 3456###'],
    'held-out': [
      '0221/4567###',
      '0176 23 45 6# ##',
      '0049 30 2345###',
      '+49 (0)30 2345####',
      '01522345####',
    ],
  },
  FR: {
    tuned: ['06 12 34 5# ##', '01.42.68.5#.##', '+33 6 12 34 5# ##', '0612345###'],
    'held-out': ['07-81-23-4#-##', '+33 (0)1 42 68 5# ##', '0033 6 12 34 5# ##', '06 123 45 6##'],
  },
  ES: {
    tuned: ['612 34 5# ##', '+34 612 345 ###', '91 123 4# ##', '612345###'],
    'held-out': ['634 567 ###', '(+34) 91 123 45 ##', '93-412-3#-##', '0034 612 345 ###'],
  },
  IT: {
    tuned: ['347 123 4###', '06 6982 ####', '+39 347 123 4###', '02-7200####'],
    'held-out': ['338 12 34 ###', '3331234###', '0039 06 6982 ####', '011 562 3###'],
  },
  NL: {
    tuned: ['06-1234####', '020 123 4###', '+31 6 1234 ####'],
    'held-out': ['06 12 34 5# ##', '010-412 3###', '0031 6 1234####', '(070) 312 3###'],
  },
  PL: {
    tuned: ['512 345 ###', '+48 512 345 ###', '22 123 4# ##'],
    'held-out': ['601-234-###', '(22) 456 78 ##', '0048 601 234 ###'],
  },
  SE: {
    tuned: ['070-123 4# ##', '08-123 4# ##', '+46 70 123 4# ##'],
    'held-out': ['0731-23 4# ##', '031-12 3# ##', '0701234###'],
  },
  CH: {
    tuned: ['079 123 4# ##', '044 668 1# ##', '+41 79 123 4# ##'],
    'held-out': ['078/123 4# ##', '031 322 2# ##', '0041 79 123 4# ##'],
  },
  AT: {
    tuned: ['0664 123####', '01 58858 ###', '+43 664 123####'],
    'held-out': ['0676/123 4###', '0662 8044 ###'],
  },
  PT: {
    tuned: ['912 345 ###', '+351 912 345 ###'],
    'held-out': ['21 342 5# ##', '93 123 4# ##'],
  },
  RU: {
    tuned: ['8 (912) 345-##-##', '+7 912 345-##-##', '8-495-123-##-##'],
    'held-out': ['8 916 345 ## ##', '+7(495)123-##-##', '8912345####'],
  },
  TR: {
    tuned: ['0532 123 4# ##', '+90 532 123 4# ##'],
    'held-out': ['(0212) 293 8# ##', '0542-123-4###'],
  },
  CN: {
    tuned: ['138 1234 ####', '139-1234-####', '+86 137 1234 ####', '010-6552####', '1381234####'],
    'held-out': [
      '(021) 6437####',
      '0086 159 1234 ####',
      '+8618612####30',
      '0755-2658####',
      '17712####66',
    ],
  },
  TW: {
    tuned: ['0912-345-###', '(02) 2345-####', '+886 912 345 ###'],
    'held-out': ['02-2720-####', '0922 345 ###'],
  },
  HK: {
    tuned: ['9123 ####', '+852 9123 ####'],
    'held-out': ['2345 ####', '6123-####'],
  },
  JP: {
    tuned: ['090-1234-####', '03-3201-####', '+81 90 1234 ####'],
    'held-out': ['06-6312-####', '080 1234 ####', '0120-444-###', '(03) 3201-####'],
  },
  KR: {
    tuned: ['010-2345-####', '02-312-####', '+82 10-2345-####'],
    'held-out': ['010 2345 ####', '031-245-####', '0102345####'],
  },
  IN: {
    tuned: ['98765 4####', '+91 98765 4####', '022 2345 ####', '98765-4####'],
    'held-out': ['080-2345 ####', '098765 4####', '9876 54 ####', '+91-98765-4####', '98765#####'],
  },
  SG: {
    tuned: ['9123 ####', '+65 6123 ####'],
    'held-out': ['8123-####', '6345 ####'],
  },
  AU: {
    tuned: ['0412 345 ###', '(02) 9374 4###', '+61 412 345 ###'],
    'held-out': ['03 9876 5###', '0412345###', '1300 975 7##'],
  },
  BR: {
    tuned: ['(11) 91234-####', '+55 11 91234-####', '(21) 3456-####'],
    'held-out': ['11 91234-####', '(31)98765-####', '021 98765-####', '11 98765 ####'],
  },
  MX: {
    tuned: ['55 1234 ####', '+52 55 1234 ####', '(33) 3615 ####'],
    'held-out': ['81 8345 ####', '55-5678-####'],
  },
};

/** Sentences that say that a number is a phone number. */
const inContext: Readonly<Record<Part, readonly [string, ...string[]]>> = {
  tuned: [
    'Call me at %s after five.',
    'My phone number is %s',
    'Phone: %s',
    'Tel. %s, ask for Anna',
    'You can reach me on %s.',
    'mobile: %s',
    'WhatsApp %s',
    '{"name": "Anna", "phone": "%s"}',
    '我的电话是%s，请回电',
    '手机：%s',
    '请联系 %s 王先生',
    'Rufen Sie mich unter %s an.',
    'Mon numéro est le %s.',
    'Mi teléfono es %s',
    'Contact: Anna Smith, %s',
  ],
  'held-out': [
    'My cell is %s, text me.',
    'Ring %s and leave a message',
    'Please update my number to %s.',
    'Customer phone no.: %s',
    'Fax %s',
    'For help dial %s today',
    'SMS an %s genügt',
    'Telefon: %s',
    'Handynummer %s',
    'Appelez-moi au %s',
    'Llámame al %s',
    'Meu celular é %s',
    'Il mio numero di telefono è %s',
    'Bel mij op %s',
    '联系电话: %s',
    '有事打%s找我',
    '{"contact":{"mobileNumber":"%s"}}',
    '{"args":"{\\"telephone\\":\\"%s\\"}"}',
    'Emergency contact %s (mother)',
    '電話番号は%sです',
    '전화번호는 %s 입니다',
    'Anna Smith\n12 High Street\nM: %s',
  ],
};

/** Surroundings that say nothing. A number of bare digits could be anything there, so none is planted. */
const alone: Readonly<Record<Part, readonly [string, ...string[]]>> = {
  tuned: ['%s', 'Anna Smith, %s, anna', 'I got a message from %s yesterday'],
  'held-out': ['Is %s yours?', 'Anna | %s | London', 'Regards,\nAnna\n%s'],
};

/** Texts with a phone number in each, about 450 for each part. */
export const plantedPhones = (part: Part, seed: number): readonly Planted[] => {
  const chance = new Chance(seed);
  const planted: Planted[] = [];
  for (const [country, forms] of Object.entries(spellings)) {
    for (const form of forms[part]) {
      for (let round = 0; round < 6; round++) {
        const value = chance.fill(form);
        const bare = /^\d+$/.test(value);
        const context = chance.pick(
          !bare && round === 0 && !isAmbiguous.test(form) ? alone[part] : inContext[part],
        );
        planted.push({
          kind: `${country} ${form} in: ${context}`,
          text: context.replace('%s', value),
          value,
        });
      }
    }
  }
  return planted;
};

/** Groups of digits that are also written for amounts, parts and rows of tables. */
const isAmbiguous =
  /^(?:\d{3}[ -]\d{3}[ -]###|[\d# ]{8,9}|\d\d{3}[ -]####|[\dN]{3} [\d#]{3} ####|[\d# ]+|\d{4}-####)$/;
