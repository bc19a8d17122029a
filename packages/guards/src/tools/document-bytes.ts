/** The bytes under which a tool's document is kept; what names it by digest before then uses these too. */
export const getDocumentBytes = (document: Readonly<Record<string, unknown>>): Buffer =>
  Buffer.from(`${JSON.stringify(document, null, 2)}\n`, 'utf8')
