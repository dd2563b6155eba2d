import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RuleError } from '../../errors.js'
import { ConditionLanguage } from './language.js'

const EVENT = {
  text: 'wlan1',
  empty: '',
  digits: '443',
  number: 443,
  zero: 0,
  float: 1.5,
  large: 12_345_678,
  yes: true,
  no: false,
  none: null,
  trueText: 'TRUE',
  list: ['a', 'b', 3],
  items: [{ name: 'x', n: 1 }, { name: 'y', n: 2 }, { n: 3 }],
  nested: { deep: { text: 'x', n: 4 } },
  'a-b': 1,
  'quo"te\'\\': 2,
  größe: 3,
  '😀': 4
}

function find(source: string, event: unknown = EVENT): unknown {
  const language = new ConditionLanguage()
  const condition = language.compile(source)
  language.budget.beginEvent()
  language.budget.beginCondition()
  return condition.find([event])
}

/** Whether a test, written as a filter, is true of the event. */
function holds(test: string): boolean {
  return find(`$[?(${test})]`) !== undefined
}

describe('A test in a filter', () => {
  it.each([
    // Texts in any quotes, with Go's escapes and JSON's.
    ['@.text == "wlan1"', true],
    ["@.text == 'wlan1'", true],
    ['@.text == `wlan1`', true],
    ['@.text == "wl\\x61n\\u0031"', true],
    ['@.text != "wlan1"', false],
    ['@["a-b"] == 1', true],
    ['@["quo\\"te\'\\\\"] == 2', true],
    ['@.größe == 3', true],
    ['@["größe"] == 3', true],
    ['@["😀"] == 4', true],
    ['@["\\ud83d\\ude00"] == 4', true],
    // Numbers, and what reads as one.
    ['@.number == 443', true],
    ['@.number == 443.0', true],
    ['@.number == 4.43e2', true],
    ['@.number == "443"', true],
    ['@.digits == 443', true],
    ['@.digits == "443.0"', true],
    ['@.number > 442 && @.number <= 443', true],
    ['@.digits > 50', true],
    ['@.float == 1.5 && @.float < 2', true],
    ['@.number == -443', false],
    ['-@.number == -443', true],
    // Texts stand in the order of their characters, and numbers beside texts become texts.
    ['@.text > "wlan0"', true],
    ['@.text < @.digits', false],
    ['@.digits < @.text', true],
    ['@.number < "5 apples"', true],
    // What reads as true or false.
    ['@.yes == true', true],
    ['@.trueText == true', true],
    ['@.zero == false', true],
    ['@.none == false', true],
    ['@.none == 0', true],
    ['@.none == "x"', false],
    ['@.number == true', true],
    ['@.yes', true],
    ['@.no', false],
    ['!@.no', true],
    ['@.number', true],
    ['@.zero', false],
    ['@.trueText', true],
    // A text is neither: as a test it fails, and so does its contrary.
    ['@.text', false],
    ['!@.text', false],
    ['@.list', false],
    // What is missing ends the whole test, but where it is not asked.
    ['@.absent == "x"', false],
    ['@.absent != "x"', false],
    ['!(@.absent == "x")', false],
    ['@.absent == "x" || @.yes', false],
    ['@.yes || @.absent == "x"', true],
    ['@.no && @.absent == "x"', false],
    ['!(@.no && @.absent == "x")', true],
    ['@.text.deeper == "x"', false],
    ['@.nested.deep.absent != 1', false],
    // Precedence.
    ['@.no && @.no || @.yes', true],
    ['@.yes || @.no && @.no', true],
    ['1 + 2 * 3 == 7', true],
    ['2 * (1 + 2) == 6', true],
    ['10 - 2 - 3 == 5', true],
    ['7 % 4 == 3 && 2 ** 3 == 8 && 7 / 2 == 3.5', true],
    ['(6 & 3) == 2 && (6 | 3) == 7 && (6 ^ 3) == 5', true],
    ['6 & 3 == 2', true],
    ['(1 << 4) == 16 && (16 >> 2) == 4 && (-8 >> 70) == -1 && ~0 == -1', true],
    ['@.text + "!" == "wlan1!"', true],
    ['@.number + 1 == 444', true],
    ['@.digits + 1 == 444', true],
    ['@.text - 1 == 0', false],
    // Lists.
    ['@.text in ["lan1", "wlan1"]', true],
    ['@.number in [1, -2, 443]', true],
    // Within lists nothing is read as anything else.
    ['@.digits in [443]', false],
    ['@.text in []', false],
    ['"a" in @.list', true],
    ['"y" in @.items[*].name', true],
    ['"z" in @.items[*].name', false],
    ['@.text in @.number', false],
    ['@.list == ["a", "b", 3]', true],
    ['@.items[*].n == [1, 2, 3]', true],
    ['@.items[*].name == "x"', false],
    ['@.nested.deep == @.nested.deep', true],
    ['@.nested == @.items[0]', false],
    // Regular expressions, in any text.
    ['@.text =~ "^wlan\\\\d$"', true],
    ['@.text =~ `^wlan\\d$`', true],
    ['@.text =~ "an"', true],
    ['@.text =~ "(?i)^WLAN"', true],
    ['@.text =~ "^lan"', false],
    ['@.text !~ "^lan"', true],
    ['@.absent !~ "^lan"', false],
    ['@.text =~ "/wlan/"', false],
    // What is no text is searched as Go prints it.
    ['@.number =~ "^4+3$"', true],
    ['@.large =~ "^12345678$"', false],
    ['@.large =~ "^1\\\\.2345678e\\\\+07$"', true],
    ['@.yes =~ "^true$"', true],
    ['@.none =~ "^<nil>$"', true],
    ['@.list =~ "^\\\\[a b 3\\\\]$"', true],
    ['@.nested.deep =~ "^map\\\\[n:4 text:x\\\\]$"', true],
    ['match(@.text, "wlan.")', true],
    ['match(@.text, "wlan")', false],
    ['search(@.text, "lan")', true],
    ['!search(@.text, "xyz")', true],
    ['search(@.number, "4")', false],
    ['!search(@.absent, "4")', false],
    ['length(@.text) == 5 && length(@.list) == 3 && length(@.nested) == 1', true],
    ['length(@.number) == 1', false],
    ['count(@.items[*]) == 3 && count(@.absent) == 0 && count(@..n) == 4', true],
    // The whole is the list with the event in it.
    ['$[0].text == "wlan1"', true],
    ['$.text == "wlan1"', false]
  ])('%s is %j', (test, expected) => {
    expect(holds(test)).toBe(expected)
  })
})

describe('A path', () => {
  it.each([
    ['$', [EVENT]],
    ['$[0].number', 443],
    ['$[0]["number"]', 443],
    ['$[0].list[1]', 'b'],
    ['$[0].list[-1]', 3],
    ['$[0].list[7]', undefined],
    ['$[0].list[*]', ['a', 'b', 3]],
    ['$[0].list.*', ['a', 'b', 3]],
    ['$[0].list[1:]', ['b', 3]],
    ['$[0].list[:2]', ['a', 'b']],
    ['$[0].list[::-1]', [3, 'b', 'a']],
    ['$[0].list[0, 2]', ['a', 3]],
    ['$[0]["text", "number"]', ['wlan1', 443]],
    ['$[0].items[?(@.n > 1)].n', [2, 3]],
    ['$[0].items[?(@.name != "x")].n', [2]],
    ['$[0].items[?@.name == "x"].n', [1]],
    ['$[0].nested[?(@.n == 4)].text', ['x']],
    ['$..name', ['x', 'y']],
    ['$..items[0].n', [1]],
    ['$..[?(@.n > 2)].n', [3, 4]],
    ['$..[0]', [EVENT, 'a', EVENT.items[0]]],
    ['$[?(@.items[?(@.n == 2)] == @.items[1:2])].number', [443]],
    ['$[0].empty', undefined],
    ['$[0].none', undefined]
  ])('%s finds %j', (path, expected) => {
    expect(find(path)).toEqual(expected)
  })
})

describe('What cannot be a condition', () => {
  it.each([
    ['', 1, 'ends where a path'],
    ['@.text', 1, '@ stands only within a filter'],
    ['text', 1, "'text' alone is nothing"],
    ['$.', 3, 'ends where a key'],
    ['$[', 3, 'ends where a key in quotes'],
    ['$[0', 4, 'ends where `]` should stand'],
    ['$[?(@.a == b)]', 12, "'b' alone is nothing: a field of the event is written @.b"],
    ['$[?(@.a = 1)]', 9, 'here should stand `)`'],
    ['$[?(@.a == "b)]', 12, 'the text has no end'],
    ['$[?(@.a == "\\d")]', 13, 'there is no such escape; in a regular expression write two'],
    ['$[?(@.a =~ /b/)]', 12, 'a regular expression is written as a text in quotes, without slashes'],
    ['$[?(@.a =~ "(")]', 12, 'this regular expression cannot be used: '],
    ['$[?(@.a =~ "(?=x)")]', 12, 'this regular expression cannot be used: '],
    ['$[?(@.a =~ "((x{1,9}){1,9}){1,9}")]', 12, 'this regular expression cannot be used: '],
    [`$[?(@.a =~ "${'x'.repeat(257)}")]`, 12, 'has 256 characters at most'],
    ['$[?(@.a =~ @.b)]', 5, 'right of =~ stands a regular expression in quotes'],
    ['$[?match(@.a, @.b)]', 4, 'match() takes a field and a regular expression in quotes'],
    ['$[?(@.a ? 1 : 2)]', 9, 'there is no `? :` here'],
    ['$[?(@.a ?? 2)]', 9, 'there is no `??` here'],
    ['$.*(@.a == 1)', 4, 'there are no scripts here'],
    ['{#1: $..[?@.a > 0]}', 1, 'an object with placeholders'],
    ['$[?(date(@.a) > 1)]', 5, "there is no function 'date'"],
    ['$[?length(@.a, 1)]', 4, 'length() takes one value'],
    ['$[?count(1)]', 4, 'count() takes one path'],
    ['$[?(@.a in [@.b])]', 13, 'a list holds texts, numbers, true and false'],
    ['$.a-b', 5, "'b' alone is nothing"],
    ['$."a"', 3, 'a key of letters, digits and _; another is written ["in quotes"]'],
    ['$[1.5]', 3, 'must be a whole number'],
    ['$[@.a]', 3, 'here should stand a key in quotes'],
    ['$[?(1e999 == 1)]', 5, 'is no number'],
    ['$["\\u0001"]', 1, 'cannot be evaluated'],
    ['$[0] $', 6, 'the end of the condition'],
    [`$[?(${'('.repeat(40)}`, 35, 'nested more than 32 deep'],
    [`$[?(${'!'.repeat(40)}`, 35, 'nested more than 32 deep'],
    ['x'.repeat(5000), 4097, 'has 4096 characters at most']
  ])('%s fails at column %j: %s', (source, column, message) => {
    expect(() => new ConditionLanguage().compile(source)).toThrow(
      expect.objectContaining({
        code: 'RULE_INVALID',
        message: expect.stringContaining(message) as string,
        position: expect.objectContaining({ line: 1, column }) as object
      })
    )
  })

  it('is always told by a RuleError, and what compiles can be asked of any event', () => {
    const pieces = [
      '$',
      '@',
      '.',
      '..',
      '[',
      ']',
      '?',
      '(',
      ')',
      '*',
      ',',
      ':',
      '!',
      '-',
      '"a"',
      "'b'",
      '0',
      '1',
      'a',
      'in',
      'true'
    ]
    const operators = [
      '==',
      '!=',
      '<',
      '=~',
      '!~',
      '&&',
      '||',
      '+',
      '%',
      '**',
      '&',
      '??',
      '{',
      '#',
      '/',
      'match(',
      'count(',
      '@.a',
      '$[0]',
      '[?('
    ]
    const source = fc.array(fc.constantFrom(...pieces, ...operators), { maxLength: 12 }).map(parts => parts.join(''))
    fc.assert(
      fc.property(source, fc.jsonValue({ maxDepth: 4 }), (text, event) => {
        try {
          find(text, event)
        } catch (error) {
          expect(error).toBeInstanceOf(RuleError)
        }
      }),
      { numRuns: 500 }
    )
  })
})
