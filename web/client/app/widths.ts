/** One column with a way back. */
export const narrow = '(max-width: 699px)';
/** Room for the card beside the chat. */
export const wide = '(min-width: 1100px)';
