export type AddedLine = { readonly path: string; readonly line: number; readonly text: string }

/** The lines that a unified diff adds, with their place in the new file. */
export const listAddedLines = (diff: string): readonly AddedLine[] => {
  const added: AddedLine[] = []
  let path = ''
  // 0 outside of hunks: what looks like a head inside one is a line of the file.
  let line = 0
  for (const text of diff.split('\n')) {
    const [, start] = /^@@ -\d+(?:,\d+)? \+(\d+)/u.exec(text) ?? []
    if (start !== undefined) line = Number(start)
    else if (text.startsWith('diff --git ')) line = 0
    else if (line === 0) path = /^\+\+\+ (?:b\/)?([^\t\r]+)/u.exec(text)?.[1] ?? path
    else if (text.startsWith('+')) {
      added.push({ path, line, text: text.slice(1) })
      line += 1
    } else if (text.startsWith(' ')) line += 1
  }
  return added
}

/** Whether the diff says of itself that files were left out of it. */
export const isCut = (diff: string): boolean =>
  /^\(\d+ of \d+ files are not shown, for want of room: /mu.test(diff)
