/** What is masked, and kept: text and JSON alike. */
type Masked = { readonly body: string; readonly metadata: Readonly<Record<string, unknown>> }

/**
 * A message with what looks like a secret masked, in its metadata too. The rules are those of the secret scan and
 * take a moment to load, so they are loaded with the first message of a workspace that asks for it.
 */
export const maskMessage = async ({ body, metadata }: Masked): Promise<Masked> => {
  const { maskSecrets } = await import('@ropewalk/guards/text/mask-secrets')
  const maskValue = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') return maskSecrets(value)
    if (Array.isArray(value)) return Promise.all(value.map(maskValue))
    if (typeof value !== 'object' || value === null) return value
    return maskObject(value)
  }
  const maskObject = async (value: object): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      await Promise.all(
        Object.entries(value).map(async ([key, item]) => [key, await maskValue(item)] as const),
      ),
    )
  return { body: await maskSecrets(body), metadata: await maskObject(metadata) }
}
