import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { maskSecrets } from '../../src/text/mask-secrets.ts'

// Put together here, so that no scanner takes this file for one that holds a secret.
const TOKEN = `ghp_${createHash('sha512').update('not a token').digest('hex').slice(0, 36)}`

describe('text', () => {
  test.each([
    ['plain words', 'Nothing to hide here.', 'Nothing to hide here.'],
    ['a token', `Use ${TOKEN} for it.`, 'Use [secret] for it.'],
    ['two of them', `${TOKEN}\n${TOKEN}`, '[secret]\n[secret]'],
    [
      'a token behind a comment that would switch the rules off',
      `// secretlint-disable\n${TOKEN}`,
      '// secretlint-disable\n[secret]',
    ],
    ['nothing', '', ''],
    ['other letters', `Schlüssel 🔑: ${TOKEN} ✓`, 'Schlüssel 🔑: [secret] ✓'],
  ])('with %s is masked where it has to be', async (_what, text, expected) => {
    expect(await maskSecrets(text)).toBe(expected)
  })

  test.each([
    'a',
    ' ',
    '"',
    'https://a:',
    'eyJ',
    '-eyJ',
    '.eyJaaaaaaaa',
    'aws_secret_access_key=',
    '://:@',
    'A',
  ])('that repeats %j for as long as a message may be is looked at in no time', async (part) => {
    const text = part.repeat(Math.floor(65_536 / part.length))
    const startedAt = performance.now()
    await maskSecrets(text)
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })

  test('masks signed tokens, ours among them, and leaves what only begins like one', async () => {
    const parts = {
      head: 'eyJhbGciOiJFZERTQSJ9',
      body: 'eyJhZ2VudF9pZCI6ImFubiJ9',
      signature: 'Kmn_6_IZBtzXv2yO-2mIF',
    }
    const jwt = Object.values(parts).join('.')
    const task = `rwt1.${parts.body}.${parts.signature}`
    expect(await maskSecrets(`Bearer ${jwt}, then ${task}.`)).toBe('Bearer [secret], then [secret].')
    const plain = `${parts.head} and rwt1. and eyJ.eyJ.x`
    expect(await maskSecrets(plain)).toBe(plain)
  })
})
