/** What can be in a roster; in one at a time. */
export interface Member {
  /** Its place there. */
  place?: number | undefined;
}

/**
 * What is made and forgotten by the thousand. A class, not an object literal: where many objects of one literal have outlived a
 * collection, V8 makes all later ones in the old generation, and each keeps alive there what it refers to until the
 * next full collection.
 */
export abstract class Transient implements Member {
  place: number | undefined = undefined;
}

/**
 * Objects that come and go by the thousand, in no order.
 *
 * A Set would do, but for V8's collector: a table that a Set or a Map has outgrown points to the one that took its place. Once
 * one of them is in the old generation, all that is added from then on outlives every collection of the young one, long
 * after it was deleted. Measured with fifty slots: 1 kB a job, a third of the client's processor time.
 *
 * Members are of four classes in all. With a fifth V8 gives up caching where each keeps its place: a tenth of the client's time.
 */
export class Roster<T extends Member> {
  /** Never made shorter: a list that grows again moves to another place, and leaves the old one as it was. */
  private readonly places: (T | undefined)[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** @throws Error when it is in a roster already */
  add(member: T): void {
    if (member.place !== undefined) throw new Error('What is in a roster cannot be added to one');
    member.place = this.count;
    this.places[this.count++] = member;
  }

  has(member: T): boolean {
    return member.place !== undefined && this.places[member.place] === member;
  }

  /** False when it is not here. */
  delete(member: T): boolean {
    if (!this.has(member)) return false;
    const last = this.places[--this.count]!;
    last.place = member.place!;
    this.places[last.place] = last;
    this.places[this.count] = undefined;
    member.place = undefined;
    return true;
  }

  /** Those of this moment: they may come and go meanwhile. */
  [Symbol.iterator](): IterableIterator<T> {
    return (this.places.slice(0, this.count) as T[]).values();
  }
}
