import { getKeyId } from '@ropewalk/core/dossier/keys'
import { openSigningKeys, rotateSigningKey, type SigningKeys } from '../../store/keys/signing-keys.ts'
import { readSettings, type CommonFlags } from '../settings.ts'
import type { Terminal } from '../terminal.ts'
import { EXIT } from '../trouble.ts'

const tell = (terminal: Terminal, keys: SigningKeys, isJson: boolean): void => {
  const all = keys.publicKeys.map((key) => ({
    keyId: getKeyId(key),
    publicKey: key.export({ type: 'spki', format: 'pem' }).toString(),
  }))
  const signing = all.find(({ keyId }) => keyId === keys.keyId)
  if (isJson) terminal.out(JSON.stringify({ ...signing, all }))
  else terminal.out((signing?.publicKey ?? '').trimEnd())
  terminal.say(`key ${keys.keyId} signs; ${all.length} in all verify`)
}

/** The public key that signs dossiers and heads now: what others need to know who signed. */
export const show = async (terminal: Terminal, flags: CommonFlags): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  tell(terminal, openSigningKeys(home), flags.json === true)
  return EXIT.ok
}

/** Makes a new signing key; what older ones signed still verifies. */
export const rotate = async (terminal: Terminal, flags: CommonFlags): Promise<number> => {
  const { home } = await readSettings(terminal, flags)
  openSigningKeys(home)
  tell(terminal, rotateSigningKey(home), flags.json === true)
  terminal.say('A running server signs with the new key after its next start.')
  return EXIT.ok
}
