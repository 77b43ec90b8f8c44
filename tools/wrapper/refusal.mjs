/** Something a person can mend: its message is all they need, so no stack is printed. */
export class Refusal extends Error {}
