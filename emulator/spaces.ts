/** The address spaces of a machine, each with its CPU: a linear memory holds the pages of one process. */
import { Cpu } from './cpu/cpu.ts';
import { LinearSpace, type SpaceImage } from './memory/address-space.ts';
import { createMemory } from './memory/linear.ts';
import type { FillPage } from './memory/types.ts';

export interface Place {
  readonly space: LinearSpace;
  readonly cpu: Cpu;
}

export interface SpaceTable {
  get(id: number): LinearSpace;
  place(id: number): Place;
  create(): number;
  clone(id: number): number;
  free(id: number): void;
  images(): Map<number, SpaceImage>;
  restore(images: ReadonlyMap<number, SpaceImage>): void;
  all(): Iterable<Place>;
}

/** How many empty places are kept. */
const SPARE = 3;

export function createSpaces(fill: FillPage, equip: (cpu: Cpu) => void): SpaceTable {
  const places = new Map<number, Place>();
  let next = 1;
  /** Emptied places, used again: a linear memory is 4 GiB of address space, and os/exec makes one after the other. */
  const spare: Place[] = [];

  function make(id: number): Place {
    const place = spare.pop() ?? fresh();
    equip(place.cpu);
    places.set(id, place);
    return place;
  }
  function fresh(): Place {
    const memory = createMemory();
    const space = new LinearSpace(memory, fill);
    return { space, cpu: new Cpu(space) };
  }
  function drop(id: number): void {
    const place = places.get(id);
    places.delete(id);
    if (!place || spare.length >= SPARE) return;
    place.space.restore({ mappings: [], pages: new Map() });
    spare.push(place);
  }
  const place = (id: number): Place => {
    const found = places.get(id);
    if (!found) throw new RangeError(`there is no address space ${id}`);
    return found;
  };

  return {
    place,
    get: id => place(id).space,
    create() {
      const id = next++;
      make(id);
      return id;
    },
    clone(id) {
      const image = place(id).space.image();
      const copy = next++;
      make(copy).space.restore(image);
      return copy;
    },
    free: drop,
    images: () => new Map([...places].map(([id, p]) => [id, p.space.image()])),
    restore(images) {
      for (const id of [...places.keys()]) if (!images.has(id)) drop(id);
      for (const [id, image] of images) {
        (places.get(id) ?? make(id)).space.restore(image);
        next = Math.max(next, id + 1);
      }
    },
    all: () => places.values(),
  };
}
