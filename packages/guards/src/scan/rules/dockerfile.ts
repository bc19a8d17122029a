import type { Finding } from '../finding.ts'
import { checkImageName } from './image-name.ts'
import { isLiteral, isSecretName } from './secret-name.ts'

export type Instruction = { readonly name: string; readonly text: string; readonly line: number }

/** Reads up to the line that ends a here-document, and gives back the index of that line. */
const skipHereDocument = (lines: readonly string[], from: number, mark: string): number => {
  let at = from
  while (at < lines.length && lines[at]?.trim() !== mark) at += 1
  return at
}

/**
 * The instructions of a Dockerfile in order, lines joined where they go on; a here-document's text belongs to
 * its instruction. Source: https://docs.docker.com/reference/dockerfile/
 */
export const parseDockerfile = (text: string): Instruction[] => {
  const lines = text.split(/\r?\n/u)
  const goesOn = /^#\s{0,20}escape\s{0,20}=\s{0,20}`/iu.test(lines[0] ?? '') ? '`' : '\\'
  const found: Instruction[] = []
  for (let at = 0; at < lines.length; at += 1) {
    const start = at
    let whole = lines[at]?.trim() ?? ''
    if (whole === '' || whole.startsWith('#')) continue
    const parts: string[] = []
    while (whole.endsWith(goesOn) && at + 1 < lines.length) {
      parts.push(whole.slice(0, -1))
      do at += 1
      while (at + 1 < lines.length && /^\s*(?:#.*)?$/u.test(lines[at] ?? ''))
      whole = lines[at]?.trim() ?? ''
    }
    parts.push(whole)
    const mark = /<<-?["']?([A-Za-z_]\w{0,60})["']?/u.exec(whole)?.[1]
    if (mark !== undefined) {
      const end = skipHereDocument(lines, at + 1, mark)
      parts.push(...lines.slice(at + 1, end))
      at = end
    }
    const joined = parts.join(' ').trim()
    const space = joined.search(/\s/u)
    const name = (space < 0 ? joined : joined.slice(0, space)).toUpperCase()
    found.push({ name, text: space < 0 ? '' : joined.slice(space + 1).trim(), line: start + 1 })
  }
  return found
}

type Check = (file: string, instructions: readonly Instruction[]) => Finding[]

const checkBases: Check = (file, instructions) => {
  const stages = new Set<string>()
  return instructions
    .filter(({ name }) => name === 'FROM')
    .flatMap(({ text, line }) => {
      const words = text.split(/\s+/u).filter((word) => !word.startsWith('--'))
      const [image = '', as, stage] = words
      const isOwn = image === 'scratch' || stages.has(image.toLowerCase())
      if (as?.toLowerCase() === 'as' && stage !== undefined) stages.add(stage.toLowerCase())
      return isOwn ? [] : checkImageName('container', image, { file, line })
    })
}

/** Who runs what the image starts: the user that the last stage names last. */
const checkUser: Check = (file, instructions) => {
  const from = instructions.findLastIndex(({ name }) => name === 'FROM')
  if (from < 0) return []
  const user = instructions.slice(from).findLast(({ name }) => name === 'USER')
  if (user !== undefined && !/^(?:root|0)(?::|$)/iu.test(user.text)) return []
  const title =
    user === undefined ? 'The image names no USER, so its program runs as root.' : 'The program runs as root.'
  const line = user?.line ?? instructions[from]?.line ?? null
  return [
    { rule: 'container-root-user', severity: 'high', title, file, line, fix: 'Add a USER that is not root.' },
  ]
}

const checkAdd: Check = (file, instructions) =>
  instructions
    .filter(({ name }) => name === 'ADD')
    .flatMap(({ text, line }): Finding[] => {
      if (/(?:^|[\s"[])(?:https?|ftp|git):\/\//iu.test(text) && !text.includes('--checksum=')) {
        const title = 'ADD fetches a URL: what comes is not checked and may change.'
        return [{ rule: 'container-add-url', severity: 'medium', title, file, line }]
      }
      if (/\.(?:tar|tgz|gz|bz2|xz)\b/iu.test(text)) return []
      const title = 'ADD unpacks and fetches where COPY only copies.'
      return [{ rule: 'container-add', severity: 'low', title, file, line, fix: 'Use COPY.' }]
    })

/** Names and values of an ENV or ARG line, in both of its forms. */
const listVariables = ({ name, text }: Instruction): [string, string][] => {
  const pairs = [...text.matchAll(/([A-Za-z_]\w{0,200})=("[^"]{0,2000}"|'[^']{0,2000}'|\S{0,2000})/gu)]
  if (pairs.length > 0)
    return pairs.map(([, key = '', value = '']) => [key, value.replaceAll(/^["']|["']$/gu, '')])
  const [key = '', ...rest] = text.split(/\s+/u)
  return [[key, name === 'ENV' ? rest.join(' ') : '']]
}

const checkSecrets: Check = (file, instructions) =>
  instructions
    .filter(({ name }) => name === 'ENV' || name === 'ARG')
    .flatMap((instruction) =>
      listVariables(instruction)
        .filter(([key]) => isSecretName(key))
        .flatMap(([key, value]): Finding[] => {
          const { line } = instruction
          if (isLiteral(value)) {
            const title = `${instruction.name} ${key} puts a secret into the image for everyone who has it.`
            return [{ rule: 'container-secret', severity: 'critical', title, file, line }]
          }
          if (instruction.name === 'ENV') return []
          const title = `What is given for ARG ${key} stays readable in the image’s history.`
          const fix = 'Use RUN --mount=type=secret.'
          return [{ rule: 'container-secret-argument', severity: 'medium', title, file, line, fix }]
        }),
    )

const checkRun: Check = (file, instructions) =>
  instructions
    .filter(({ name }) => name === 'RUN')
    .flatMap(({ text, line }): Finding[] => [
      ...(isPipedToShell(text)
        ? [
            {
              rule: 'container-piped-script',
              severity: 'medium' as const,
              title: 'RUN gives a script from the web to a shell unseen.',
              file,
              line,
            },
          ]
        : []),
      ...(/(?:^|[\s;&|])sudo\s/u.test(text)
        ? [{ rule: 'container-sudo', severity: 'low' as const, title: 'RUN uses sudo.', file, line }]
        : []),
    ])

/** Whether a command line fetches a script and runs it. */
export const isPipedToShell = (text: string): boolean =>
  text.split(/[\n;&]/u).some(
    (command) =>
      /\b(?:curl|wget)\s/u.test(command) &&
      command
        .split('|')
        .slice(1)
        .some((after) => /^\s*(?:sudo\s{1,9})?(?:ba|z|da|k)?sh\b/u.test(after)),
  )

const checkWhole: Check = (file, instructions) => {
  const findings: Finding[] = []
  const has = (name: string) => instructions.some((instruction) => instruction.name === name)
  if (!has('FROM')) {
    const title = 'This file has no FROM, so it builds no image.'
    return [{ rule: 'container-no-base', severity: 'medium', title, file, line: 1 }]
  }
  const check = instructions.findLast(({ name }) => name === 'HEALTHCHECK')
  if (check === undefined || /^none\b/iu.test(check.text)) {
    const title = 'The image has no HEALTHCHECK.'
    findings.push({ rule: 'container-no-healthcheck', severity: 'low', title, file, line: check?.line ?? 1 })
  }
  for (const { name, text, line } of instructions)
    if (name === 'EXPOSE' && /(?:^|\s)22(?:\/tcp)?(?:\s|$)/u.test(text))
      findings.push({ rule: 'container-ssh', severity: 'medium', title: 'The image offers SSH.', file, line })
  return findings
}

/** An image that takes in its whole context takes in what a .dockerignore does not name. */
const checkContext: Check = (file, instructions) => {
  const copy = instructions.find(
    ({ name, text }) =>
      (name === 'COPY' || name === 'ADD') &&
      !text.includes('--from=') &&
      // The last word is where it goes.
      text
        .split(/\s+/u)
        .slice(0, -1)
        .some((word) => /^\[?"?\.\/?"?,?$/u.test(word)),
  )
  if (copy === undefined) return []
  const title = 'The whole folder goes into the image, and no .dockerignore keeps anything out.'
  return [{ rule: 'container-no-dockerignore', severity: 'medium', title, file, line: copy.line }]
}

const CHECKS: readonly Check[] = [
  checkBases,
  checkUser,
  checkAdd,
  checkSecrets,
  checkRun,
  checkContext,
  checkWhole,
]

/** What is wrong with one Dockerfile or Containerfile by itself. */
export const checkDockerfile = (file: string, text: string): Finding[] => {
  const instructions = parseDockerfile(text)
  return CHECKS.flatMap((check) => check(file, instructions))
}
