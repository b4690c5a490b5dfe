"""wire: the TCP segments that pass a device, with the kernel's time stamps, and what they mean.

A Capture reads them from a packet socket (packet(7)); SO_TIMESTAMPNS gives the moment at which the
kernel saw the frame, so a busy machine does not shift it. A Connection tells the segments of one TCP
connection apart as one end sees them: handshake, data, probes, answers, resets.
"""
import errno
import socket
import struct
import threading
import time
from dataclasses import dataclass, replace

ETH_P_ALL, SO_TIMESTAMPNS = 3, 35
FIN, SYN, RST = 1, 2, 4


@dataclass
class Segment:
    at: float  # seconds of CLOCK_REALTIME
    outgoing: bool  # sent by the host on whose device it was captured
    source: tuple  # address, port
    target: tuple
    flags: int
    seq: int
    ack: int
    window: int
    length: int  # bytes of payload

    @property
    def end(self):
        """The sequence number after the segment."""
        return (self.seq + self.length + bool(self.flags & SYN) + bool(self.flags & FIN)) % 2**32


def parse(frame, at, outgoing):
    """The Segment in an Ethernet frame, or None where it carries no TCP."""
    kind, packet = struct.unpack("!H", frame[12:14])[0], frame[14:]
    if kind == 0x0800 and len(packet) >= 20 and packet[9] == socket.IPPROTO_TCP:
        header, total = (packet[0] & 15) * 4, struct.unpack("!H", packet[2:4])[0]
        family, source, target = socket.AF_INET, packet[12:16], packet[16:20]
    elif kind == 0x86DD and len(packet) >= 40 and packet[6] == socket.IPPROTO_TCP:
        header, total = 40, 40 + struct.unpack("!H", packet[4:6])[0]
        family, source, target = socket.AF_INET6, packet[8:24], packet[24:40]
    else:
        return None
    tcp = packet[header:]
    if len(tcp) < 20:
        return None
    ports = struct.unpack("!HH", tcp[0:4])
    seq, ack, offset, flags, window = struct.unpack("!IIBBH", tcp[4:16])
    return Segment(at, outgoing, (socket.inet_ntop(family, source), ports[0]),
                   (socket.inet_ntop(family, target), ports[1]), flags, seq, ack, window,
                   total - header - (offset >> 4) * 4)


class Capture:
    """Captures every TCP segment on a device of the current namespace, from now on."""

    def __init__(self, device):
        self.segments = []
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((device, ETH_P_ALL))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                frame, extra, _, address = self.socket.recvmsg(256, socket.CMSG_SPACE(16))
            except InterruptedError:
                continue
            except OSError as error:
                if error.errno == errno.ENETDOWN:  # the device is down, or gone to another host
                    continue
                return
            stamp = [struct.unpack("qq", data) for _, kind, data in extra if kind == SO_TIMESTAMPNS]
            segment = parse(frame, stamp[0][0] + stamp[0][1] / 1e9,
                            address[2] == socket.PACKET_OUTGOING) if stamp else None
            if segment:
                self.segments.append(segment)

    def quiet(self, seconds):
        """Whether no segment has passed for so long."""
        return not self.segments or time.time() - self.segments[-1].at > seconds

    def connections(self):
        """Each connection seen, in the order of the handshakes."""
        found = {}
        for segment in list(self.segments):
            ends = (segment.source, segment.target)
            own, peer = ends if segment.outgoing else ends[::-1]
            found.setdefault((own, peer), []).append(segment)
        return [Connection(own, peer, segments) for (own, peer), segments in found.items()
                if segments[0].flags & SYN]


class Connection:
    """One connection, as the end called own sees it: sent and received are lists of segments."""

    def __init__(self, own, peer, segments):
        self.own, self.peer, self.segments = own, peer, segments
        self.sent = [segment for segment in segments if segment.outgoing]
        self.received = [segment for segment in segments if not segment.outgoing]

    def _probes(self):
        """
        What this end sent to find out about the other: keepalive probes, window probes. Both have no
        data and the sequence number before the next one to be sent (Linux tcp_xmit_probe_skb()); a
        window probe differs in that the other end's window is shut.
        """
        keepalive, window = [], []
        following, shut = None, False
        for segment in self.segments:
            if not segment.outgoing:
                shut = segment.window == 0 and not segment.flags & RST
            elif (following is not None and not segment.length
                  and not segment.flags & (SYN | FIN | RST)
                  and segment.seq == (following - 1) % 2**32):
                (window if shut else keepalive).append(segment)
            elif following is None or (segment.end - following) % 2**32 < 2**31:
                following = segment.end
        return keepalive, window

    def probes(self):
        """The keepalive probes that this end sent."""
        return self._probes()[0]

    def window_probes(self):
        return self._probes()[1]

    def answered(self, probes):
        """How many of these probes the other end answered before the next was sent."""
        until = [probe.at for probe in probes[1:]] + [float("inf")]
        return sum(any(probe.at < segment.at < end for segment in self.received)
                   for probe, end in zip(probes, until))

    def retransmissions(self):
        """The data segments sent again."""
        seen, again = set(), []
        for segment in self.sent:
            if segment.length:
                (again if segment.seq in seen else []).append(segment)
                seen.add(segment.seq)
        return again

    def other_end(self):
        """The same connection as the other end sees it; the time stamps stay."""
        return Connection(self.peer, self.own, [replace(segment, outgoing=not segment.outgoing)
                                                for segment in self.segments])
