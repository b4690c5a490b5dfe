import socket
g=lambda s:(s.getsockopt(1,9),s.getsockopt(6,4),s.getsockopt(6,5),s.getsockopt(6,6),s.getsockopt(6,18))
s=socket.socket(); s.setsockopt(1,9,1); s.setsockopt(6,4,200); s.setsockopt(6,5,33); s.bind(('127.0.0.1',0)); s.listen(); print('listener',g(s))
c=socket.socket(); c.setsockopt(1,9,1); c.setsockopt(6,4,200); c.connect(s.getsockname()); print('client',g(c)); a,_=s.accept(); print('accepted',g(a))
s=socket.socket(); s.setsockopt(1,9,0); s.bind(('127.0.0.1',0)); s.listen(); print('listener off',g(s))
