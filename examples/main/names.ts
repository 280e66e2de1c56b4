/** The two schemas of this program, which it drops and makes anew at each start. Nothing else is touched. */
export const SHOP = 'shop';
export const QUEUES = 'tuskmq_demo';

/** What the queues are called. `parcels` and `customs` run children of orders. */
export const ORDERS = 'orders';
export const PARCELS = 'parcels';
export const CUSTOMS = 'customs';

/** The value from which an order is large and goes through customs. */
export const LARGE_AMOUNT = 500;

/** How long an order that is paid by transfer is on hold, in milliseconds. */
export const HOLD_MS = 500;

/** What an order job carries: enough to find the row, and the step to go on with. */
export interface OrderJob {
  orderId: string;
  step: OrderStep;
}

export type OrderStep =
  | 'validate'
  | 'reserve'
  | 'hold'
  | 'bill'
  | 'pack'
  | 'declare'
  | 'await-children'
  | 'ship'
  | 'done';
