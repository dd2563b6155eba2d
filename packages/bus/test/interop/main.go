// Speaks pubservice.PubsubService with Google's Go stack, so that the bus is tested against what SPR's own programs are made
// of. It takes the old protobuf runtime on purpose: the message is spelled out here and nothing has to be generated.
//
//	bus-interop subscribe TARGET METHOD TOPIC COUNT   prints "ready", then one JSON line for each event
//	bus-interop publish TARGET TOPIC                  publishes each line of stdin, prints how each call ended
//	bus-interop reflect TARGET                        prints the services and the methods of PubsubService
//	bus-interop serve PATH                            a bus as sprbus's first one was: slow readers hold up publishers
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"

	"github.com/golang/protobuf/proto"
	descriptorpb "github.com/golang/protobuf/protoc-gen-go/descriptor"
	"google.golang.org/grpc"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1alpha"
	"google.golang.org/grpc/status"
)

const service = "pubservice.PubsubService"

type String struct {
	Topic string `protobuf:"bytes,1,opt,name=topic,proto3" json:"topic"`
	Value string `protobuf:"bytes,2,opt,name=value,proto3" json:"value"`
}

func (m *String) Reset()         { *m = String{} }
func (m *String) String() string { return proto.CompactTextString(m) }
func (*String) ProtoMessage()    {}

func main() {
	log.SetFlags(0)
	if len(os.Args) < 3 {
		log.Fatal("usage: bus-interop subscribe|publish|reflect|serve …")
	}
	var err error
	switch command, args := os.Args[1], os.Args[2:]; command {
	case "subscribe":
		count, _ := strconv.Atoi(args[3])
		err = subscribe(args[0], args[1], args[2], count)
	case "publish":
		err = publish(args[0], args[1])
	case "reflect":
		err = reflect(args[0])
	case "serve":
		err = serve(args[0])
	default:
		err = fmt.Errorf("unknown command %s", command)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func dial(target string) (*grpc.ClientConn, error) {
	return grpc.Dial(target, grpc.WithInsecure())
}

func subscribe(target, method, topic string, count int) error {
	conn, err := dial(target)
	if err != nil {
		return err
	}
	defer conn.Close()
	desc := &grpc.StreamDesc{StreamName: method, ServerStreams: true}
	stream, err := conn.NewStream(context.Background(), desc, "/"+service+"/"+method)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(&String{Topic: topic}); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	if _, err := stream.Header(); err != nil {
		return err
	}
	fmt.Println("ready")
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	for i := 0; i < count; i++ {
		event := new(String)
		if err := stream.RecvMsg(event); err != nil {
			return err
		}
		line, err := json.Marshal(event)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "%s\n", line)
	}
	return nil
}

func publish(target, topic string) error {
	conn, err := dial(target)
	if err != nil {
		return err
	}
	defer conn.Close()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4*1024*1024)
	for lines.Scan() {
		reply := new(String)
		err := conn.Invoke(context.Background(), "/"+service+"/Publish", &String{Topic: topic, Value: lines.Text()}, reply)
		fmt.Println(status.Code(err))
	}
	return lines.Err()
}

func reflect(target string) error {
	conn, err := dial(target)
	if err != nil {
		return err
	}
	defer conn.Close()
	stream, err := reflectionpb.NewServerReflectionClient(conn).ServerReflectionInfo(context.Background())
	if err != nil {
		return err
	}
	list := &reflectionpb.ServerReflectionRequest_ListServices{}
	answer, err := ask(stream, &reflectionpb.ServerReflectionRequest{MessageRequest: list})
	if err != nil {
		return err
	}
	for _, found := range answer.GetListServicesResponse().GetService() {
		fmt.Println(found.GetName())
		symbol := &reflectionpb.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: found.GetName()}
		answer, err := ask(stream, &reflectionpb.ServerReflectionRequest{MessageRequest: symbol})
		if err != nil {
			return err
		}
		for _, bytes := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
			file := new(descriptorpb.FileDescriptorProto)
			if err := proto.Unmarshal(bytes, file); err != nil {
				return err
			}
			describe(file)
		}
	}
	return nil
}

func ask(
	stream reflectionpb.ServerReflection_ServerReflectionInfoClient,
	request *reflectionpb.ServerReflectionRequest,
) (*reflectionpb.ServerReflectionResponse, error) {
	if err := stream.Send(request); err != nil {
		return nil, err
	}
	return stream.Recv()
}

func describe(file *descriptorpb.FileDescriptorProto) {
	for _, service := range file.GetService() {
		for _, method := range service.GetMethod() {
			fmt.Printf("  %s %s %s %v\n", method.GetName(), method.GetInputType(), method.GetOutputType(), method.GetServerStreaming())
		}
	}
	for _, message := range file.GetMessageType() {
		for _, field := range message.GetField() {
			fmt.Printf("  %s.%s %d %s\n", message.GetName(), field.GetName(), field.GetNumber(), field.GetType())
		}
	}
}
