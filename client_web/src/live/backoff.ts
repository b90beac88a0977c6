/** Waiting times between tries: doubling from `first` to `most` milliseconds, each spread so that pages don't try in step. */
export class Backoff {
  private tries = 0;

  constructor(
    private readonly first: number,
    private readonly most: number,
    private readonly random: () => number = Math.random,
  ) {}

  next(): number {
    const wait = Math.min(this.most, this.first * 2 ** this.tries);
    this.tries += 1;
    return Math.round(wait * (0.75 + 0.5 * this.random()));
  }

  reset(): void {
    this.tries = 0;
  }
}
