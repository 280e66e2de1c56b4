import { checkStepName } from '../../lib/options/step-options';

test.each(['a', 'é'.repeat(500)])('%j may be the name of a step', (name) => {
  expect(checkStepName(name)).toBe(name);
});

test.each([
  ['', 'A step needs a name'],
  [5, 'A step needs a name'],
  ['a\0', 'cannot contain the character U+0000'],
  ['a\ud800', 'half of a surrogate pair'],
  ['é'.repeat(501), 'cannot be longer than 1000 bytes'],
])('%j is no name of a step', (name, message) => {
  expect(() => checkStepName(name as string)).toThrow(message);
});
