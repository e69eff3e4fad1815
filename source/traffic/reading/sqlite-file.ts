/** The first bytes of every SQLite file. */
const magic = 'SQLite format 3\0';

/** Whether a text begins as a SQLite file does. */
export const beginsSqlite = (head: string): boolean => head.startsWith(magic);
