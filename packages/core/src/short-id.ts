/**
 * What people type of an id: its last eight digits. The beginning of our ids is the time of making, alike for all
 * that is made in one go; the end is drawn at random.
 */
export const getShortId = (id: string): string => id.slice(-8)

/** How a question is called where people read it: `Q-` and its short id. */
export const getQuestionRef = (id: string): string => `Q-${getShortId(id)}`
