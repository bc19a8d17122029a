/**
 * Name of the variable that marks a process we started for something foreign: its value begins with the number of
 * our own process and a slash. A worker that starts ends marked processes whose parent is gone.
 */
export const COMMAND_MARK = 'ROPEWALK_COMMAND'
