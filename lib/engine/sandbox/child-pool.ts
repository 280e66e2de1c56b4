import type { Child } from './child';

/** The children of a worker. They are started when there is a job for them, and used again. */
export class ChildPool {
  private readonly children = new Set<Child>();
  private readonly idle = new Set<Child>();

  /**
   * @param file the processor that each child loads
   * @param limit how many children may be kept
   */
  constructor(
    private readonly file: string,
    private readonly start: () => Child,
    private readonly limit: () => number,
  ) {}

  /** @throws Error why a new child cannot be used; the next call starts another */
  async acquire(): Promise<Child> {
    for (const child of this.idle) {
      this.idle.delete(child);
      if (child.isReusable) return child;
    }
    const child = this.start();
    this.children.add(child);
    void child.exited.then(() => {
      this.children.delete(child);
      this.idle.delete(child);
    });
    await child.load(this.file);
    return child;
  }

  release(child: Child): void {
    if (!child.isReusable) return;
    const kept = [...this.children].filter(({ isReusable }) => isReusable).length;
    if (kept > this.limit()) void child.close();
    else this.idle.add(child);
  }

  /**
   * Resolves when no child is left.
   * @param force at once, whatever they do
   */
  async close(force: boolean): Promise<void> {
    await Promise.all(
      [...this.children].map(async (child) => {
        if (!force) return child.close();
        child.kill();
        await child.exited;
      }),
    );
  }
}
