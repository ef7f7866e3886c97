export function installNode(version: string): string;
export function installCodeServer(): { node: string; entry: string };
export function findChromium(): string;
