/** Words that two people read as two things, and where they do. */
type VagueWords = {
  readonly words: readonly string[]
  /** Whether a number in the same sentence of a request makes them clear. */
  readonly isMeasurable: boolean
  /** In a request; in a document that others build upon, such as a specification; in both. */
  readonly counts: 'both' | 'in-requests' | 'in-documents'
}

/** The one list of vague words. Those that count in documents alone are normal speech where somebody asks. */
export const VAGUE_WORDS: readonly VagueWords[] = [
  {
    isMeasurable: true,
    counts: 'both',
    words: [
      'better', 'cheap', 'cheaper', 'considerable', 'considerably', 'drastically', 'efficient', 'efficiently',
      'fast', 'faster', 'high performance', 'high quality', 'high-performance', 'high-quality', 'low cost',
      'low-cost', 'minimal', 'noticeably', 'quick', 'quicker', 'quickly', 'scalable', 'significant',
      'significantly', 'substantial', 'substantially',
    ], // prettier-ignore
  },
  {
    isMeasurable: true,
    counts: 'in-requests',
    words: [
      'big', 'bigger', 'large', 'larger', 'short', 'shorter', 'slow', 'slower', 'small', 'smaller',
    ], // prettier-ignore
  },
  {
    isMeasurable: false,
    counts: 'both',
    words: [
      'a few', 'a lot', 'adequate', 'adequately', 'and so on', 'and the like', 'and/or', 'appropriate',
      'appropriately', 'as appropriate', 'as needed', 'as required', 'as soon as possible', 'asap',
      'best practice', 'best practices', 'easily', 'easy to use', 'etc', 'flexible', 'good', 'great',
      'if necessary', 'if possible', 'intuitive', 'intuitively', 'lots of', 'many', 'modern', 'nice',
      'optimal', 'optimally', 'proper', 'properly', 'reasonable', 'reasonably', 'robust', 'roughly',
      'seamless', 'seamlessly', 'several', 'simple', 'sometimes', 'soon', 'state of the art',
      'state-of-the-art', 'sufficient', 'sufficiently', 'suitable', 'user friendly', 'user-friendly',
      'usually', 'various', 'where appropriate', 'where possible', 'world class', 'world-class',
    ], // prettier-ignore
  },
  {
    isMeasurable: false,
    counts: 'in-requests',
    words: [
      'often', 'some',
    ], // prettier-ignore
  },
  {
    isMeasurable: false,
    counts: 'in-documents',
    words: [
      'acceptable', 'as far as possible', 'best effort', 'convenient', 'easy', 'elegant', 'few', 'friendly',
      'good enough', 'graceful', 'gracefully', 'ideally', 'lightweight', 'maximal', 'normally', 'numerous',
      'optimised', 'optimized', 'performant', 'possibly', 'powerful', 'promptly', 'relevant', 'reliable',
      'responsive', 'secure', 'simply', 'smooth', 'smoothly', 'timely', 'typically', 'up to date',
      'well designed', 'when necessary',
    ], // prettier-ignore
  },
]
