/** Squarified tree map (Bruls, Huizing, van Wijk, 2000): areas by value, rectangles as square as can be. */

export type Rectangle = { x: number; y: number; width: number; height: number };

/**
 * @param values above zero, largest first
 * @returns one rectangle each, in the same order; together they fill the area
 */
export function layOutTreeMap(values: readonly number[], area: Rectangle): Rectangle[] {
  const total = values.reduce((sum, value) => sum + value, 0);
  if (total <= 0) return [];
  const scale = (area.width * area.height) / total;
  const laidOut: Rectangle[] = [];
  let rest = area;
  let row: number[] = [];
  for (const value of values.map((one) => one * scale)) {
    const side = Math.min(rest.width, rest.height);
    if (row.length > 0 && worstRatio([...row, value], side) > worstRatio(row, side)) {
      rest = placeRow(row, rest, laidOut);
      row = [];
    }
    row.push(value);
  }
  placeRow(row, rest, laidOut);
  return laidOut;
}

/** The longest shape in a row of areas along a side. */
function worstRatio(areas: readonly number[], side: number): number {
  const sum = areas.reduce((total, one) => total + one, 0);
  const thickness = sum / side;
  return Math.max(...areas.map((one) => Math.max(thickness ** 2 / one, one / thickness ** 2)));
}

/** Lays a row along the shorter side. @returns what is left of the area */
function placeRow(areas: readonly number[], area: Rectangle, laidOut: Rectangle[]): Rectangle {
  const isWide = area.width >= area.height;
  const side = isWide ? area.height : area.width;
  const thickness = areas.reduce((total, one) => total + one, 0) / side;
  let offset = 0;
  for (const one of areas) {
    const length = one / thickness;
    laidOut.push(
      isWide
        ? { x: area.x, y: area.y + offset, width: thickness, height: length }
        : { x: area.x + offset, y: area.y, width: length, height: thickness },
    );
    offset += length;
  }
  return isWide
    ? { ...area, x: area.x + thickness, width: area.width - thickness }
    : { ...area, y: area.y + thickness, height: area.height - thickness };
}
