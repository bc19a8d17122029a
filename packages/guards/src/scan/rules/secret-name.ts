/** Names under which people keep what nobody else may know. */
const SECRET_NAME =
  /(?:^|[_-])(?:password|passwd|pwd|secret|token|api[_-]?key|private[_-]?key|access[_-]?key|credentials?)(?:$|[_-])/iu
/** Names that end like this hold where a secret lies, or what kind it is, not the secret. */
const NO_SECRET = /(?:_|-)(?:file|path|name|url|ttl|header|length|type|expiry|id)$/iu

/** Whether a variable of this name is meant to hold a secret. */
export const isSecretName = (name: string): boolean =>
  name.length <= 200 && SECRET_NAME.test(name) && !NO_SECRET.test(name)

/** Whether a value is written out, as opposed to empty or filled in later (`$NAME`, `${NAME}`, `<name>`). */
export const isLiteral = (value: unknown): boolean => {
  if (typeof value === 'number') return true
  return typeof value === 'string' && value.trim() !== '' && !/[$<{]/u.test(value)
}
