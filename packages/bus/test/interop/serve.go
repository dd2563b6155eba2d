package main

import (
	"context"
	"net"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/reflection"
)

// How sprbus treats readers: this many events wait for each, and a publisher waits that long for one whose buffer is full.
const (
	readerBuffer  = 10
	readerTimeout = 100 * time.Millisecond
)

type bus struct {
	mutex   sync.RWMutex
	readers map[chan string]string
}

func (b *bus) publish(joined string) {
	b.mutex.RLock()
	defer b.mutex.RUnlock()
	var waiting sync.WaitGroup
	for reader, prefix := range b.readers {
		if !strings.HasPrefix(joined, prefix) {
			continue
		}
		waiting.Add(1)
		go func(reader chan string) {
			defer waiting.Done()
			select {
			case reader <- joined:
			case <-time.After(readerTimeout):
			}
		}(reader)
	}
	waiting.Wait()
}

func (b *bus) stream(stream grpc.ServerStream, prefix string, message func(joined string) *String) error {
	// A reader that went away stays, as in sprbus: it costs every publisher the timeout.
	reader := make(chan string, readerBuffer)
	b.mutex.Lock()
	b.readers[reader] = prefix
	b.mutex.Unlock()
	for joined := range reader {
		if err := stream.SendMsg(message(joined)); err != nil {
			return err
		}
	}
	return nil
}

func publishHandler(
	server interface{},
	_ context.Context,
	decode func(interface{}) error,
	_ grpc.UnaryServerInterceptor,
) (interface{}, error) {
	request := new(String)
	if err := decode(request); err != nil {
		return nil, err
	}
	server.(*bus).publish(request.Topic + ":" + request.Value)
	return new(String), nil
}

func subscribeTopicHandler(server interface{}, stream grpc.ServerStream) error {
	request := new(String)
	if err := stream.RecvMsg(request); err != nil {
		return err
	}
	return server.(*bus).stream(stream, request.Topic, func(joined string) *String {
		return &String{Topic: request.Topic, Value: strings.TrimPrefix(joined, request.Topic+":")}
	})
}

func subscribeHandler(server interface{}, stream grpc.ServerStream) error {
	if err := stream.RecvMsg(new(String)); err != nil {
		return err
	}
	return server.(*bus).stream(stream, "", func(joined string) *String { return &String{Value: joined} })
}

func serve(path string) error {
	listener, err := net.Listen("unix", path)
	if err != nil {
		return err
	}
	server := grpc.NewServer()
	reflection.Register(server)
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: service,
		HandlerType: (*interface{})(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "Publish", Handler: publishHandler}},
		Streams: []grpc.StreamDesc{
			{StreamName: "SubscribeTopic", Handler: subscribeTopicHandler, ServerStreams: true},
			{StreamName: "Subscribe", Handler: subscribeHandler, ServerStreams: true},
		},
		Metadata: "pubservice.proto",
	}, &bus{readers: map[chan string]string{}})
	return server.Serve(listener)
}
