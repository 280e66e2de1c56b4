/** Kinds of connections that BullMQ makes. Here no connection ever blocks. */
export enum ClientType {
  blocking = 'blocking',
  normal = 'normal',
}
