/** The gateway cannot start: `problems` are lines for a person, each with what to write instead. */
export class GatewayProblem extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'GatewayProblem';
    this.problems = problems;
  }
}
